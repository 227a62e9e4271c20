#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "animalctl/label/label_store.h"
#include "label/change_group.h"

namespace animalctl::label {

// The one thread that changes items. What waits when it comes round shares one transaction, and so one fsync: many
// people saving at once cost little more than one. When a group fails its changes are tried one by one, so that one
// that cannot be made (its file does not fit on the disk) does not take the others with it.
class LabelWriter {
 public:
  // `unsettled`: WriterTools::unsettled as the scan left it.
  LabelWriter(StoreState& state, Workspace& workspace, EventLog log, std::function<Time()> now,
              std::set<std::string> unsettled);
  // Finishes what was submitted.
  ~LabelWriter();
  LabelWriter(const LabelWriter&) = delete;
  LabelWriter& operator=(const LabelWriter&) = delete;

  std::future<std::vector<ChangeOutcome>> submit(std::vector<Change> changes);
  std::future<LabelStore::UndoOutcome> undo(std::string annotator, std::string key);
  // Runs on the writer's thread between groups; ready when it has run. What it throws is in the future.
  std::future<void> run(std::function<void(WriterTools&)> work);

 private:
  struct ChangesJob {
    std::vector<Change> changes;
    std::promise<std::vector<ChangeOutcome>> promise;
  };
  struct UndoJob {
    std::string annotator;
    std::string key;
    std::promise<LabelStore::UndoOutcome> promise;
  };
  struct WorkJob {
    std::function<void(WriterTools&)> work;
    std::promise<void> promise;
  };
  using Job = std::variant<ChangesJob, UndoJob, WorkJob>;

  bool post(Job& job);
  void loop();
  std::vector<Job> next_jobs();
  void perform(std::vector<Job>& jobs);
  bool perform_together(std::vector<Job>& jobs);
  void perform_singly(Job& job);
  ChangeOutcome apply_alone(const Change& change);
  LabelStore::UndoOutcome undo_alone(const UndoJob& job);
  void look_after();

  void sync_loop(const std::stop_token& stop);
  void sync_now();

  WriterTools tools_;
  EventLog log_;
  std::mutex mutex_;
  std::condition_variable work_came_;
  std::deque<Job> jobs_;
  bool closing_ = false;

  std::mutex sync_mutex_;
  std::condition_variable_any sync_wake_;
  std::uint64_t committed_event_ = 0;  // guarded by sync_mutex_
  std::uint64_t synced_event_ = 0;     // guarded by sync_mutex_

  std::jthread sync_thread_;
  std::thread thread_;
};

}  // namespace animalctl::label
