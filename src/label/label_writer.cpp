#include "label/label_writer.h"

#include <chrono>
#include <exception>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::label {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostChangesOfGroup = 2000;
constexpr auto kSyncEvery = 3s;
constexpr auto kRepairEvery = 2s;

ChangeOutcome failure(const Error& error) {
  const bool full = error.code() == ErrorCode::ResourceExhausted;
  return {full ? ChangeStatus::StorageFull : ChangeStatus::Unavailable, std::nullopt,
          full ? "the disk is full; nothing was saved. Make room and try again" : error.message()};
}

ChangeOutcome closing() {
  return {ChangeStatus::Unavailable, std::nullopt, "the server is closing; nothing was saved"};
}

}  // namespace

LabelWriter::LabelWriter(StoreState& state, Workspace& workspace, EventLog log, std::function<Time()> now,
                         std::set<std::string> unsettled)
    : tools_{state, workspace, log_, std::move(now), 1, {}, std::move(unsettled)}, log_(std::move(log)) {
  tools_.next_event = log_.newest_event() + 1;
  committed_event_ = tools_.next_event - 1;
  synced_event_ = log_.synced_event();
  sync_thread_ = std::jthread([this](const std::stop_token& stop) { sync_loop(stop); });
  thread_ = std::thread([this] { loop(); });
}

LabelWriter::~LabelWriter() {
  sync_thread_.request_stop();
  sync_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_came_.notify_all();
  thread_.join();
  try {
    tools_.workspace.sync();
    if (tools_.unsettled.empty()) log_.set_synced_event(tools_.next_event - 1);
  } catch (const std::exception& error) {
    log::warning("the label files may not be on the disk yet; the next start writes them from the history",
                 {{"reason", error.what()}});
  }
}

bool LabelWriter::post(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return false;
    jobs_.push_back(std::move(job));
  }
  work_came_.notify_one();
  return true;
}

std::future<std::vector<ChangeOutcome>> LabelWriter::submit(std::vector<Change> changes) {
  const std::size_t count = changes.size();
  Job job = ChangesJob{std::move(changes), {}};
  auto future = std::get<ChangesJob>(job).promise.get_future();
  if (!post(job)) std::get<ChangesJob>(job).promise.set_value(std::vector<ChangeOutcome>(count, closing()));
  return future;
}

std::future<LabelStore::UndoOutcome> LabelWriter::undo(std::string annotator, std::string key) {
  Job job = UndoJob{std::move(annotator), std::move(key), {}};
  auto future = std::get<UndoJob>(job).promise.get_future();
  if (!post(job)) std::get<UndoJob>(job).promise.set_value({closing(), std::nullopt});
  return future;
}

std::future<void> LabelWriter::run(std::function<void(WriterTools&)> work) {
  Job job = WorkJob{std::move(work), {}};
  auto future = std::get<WorkJob>(job).promise.get_future();
  if (!post(job)) {
    std::get<WorkJob>(job).promise.set_exception(
        std::make_exception_ptr(Error(ErrorCode::Unavailable, closing().message)));
  }
  return future;
}

void LabelWriter::loop() {
  while (true) {
    std::vector<Job> jobs = next_jobs();
    if (jobs.empty()) {
      const std::lock_guard lock(mutex_);
      if (closing_ && jobs_.empty()) return;
    } else {
      perform(jobs);
    }
    look_after();
  }
}

std::vector<LabelWriter::Job> LabelWriter::next_jobs() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return !jobs_.empty() || closing_; };
  if (tools_.unsettled.empty()) {
    work_came_.wait(lock, has_work);
  } else {
    work_came_.wait_for(lock, kRepairEvery, has_work);
  }
  std::vector<Job> taken;
  std::size_t changes = 0;
  while (!jobs_.empty()) {
    const auto* next = std::get_if<ChangesJob>(&jobs_.front());
    const std::size_t weight = next == nullptr ? 1 : next->changes.size();
    const bool alone = std::holds_alternative<WorkJob>(jobs_.front());
    if (!taken.empty() && (alone || changes + weight > kMostChangesOfGroup)) break;
    taken.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
    changes += weight;
    if (alone) break;
  }
  return taken;
}

void LabelWriter::perform(std::vector<Job>& jobs) {
  if (auto* work = std::get_if<WorkJob>(&jobs.front())) {
    try {
      work->work(tools_);
      work->promise.set_value();
    } catch (...) {
      work->promise.set_exception(std::current_exception());
    }
  } else if (!perform_together(jobs)) {
    for (Job& job : jobs) perform_singly(job);
  }
  {
    const std::lock_guard lock(sync_mutex_);
    committed_event_ = tools_.next_event - 1;
  }
  sync_wake_.notify_one();
}

// Nothing is promised before everything is committed: false means that nothing happened.
bool LabelWriter::perform_together(std::vector<Job>& jobs) {
  std::vector<std::vector<ChangeOutcome>> outcomes(jobs.size());
  std::vector<LabelStore::UndoOutcome> undone(jobs.size());
  try {
    ChangeGroup group(tools_);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (const auto* job = std::get_if<ChangesJob>(&jobs[i])) {
        for (const Change& change : job->changes) outcomes[i].push_back(group.apply(change));
      } else if (const auto* undo = std::get_if<UndoJob>(&jobs[i])) {
        undone[i] = group.undo(undo->annotator, undo->key);
      }
    }
    group.commit();
  } catch (const Error& error) {
    log::debug("a group of labels failed; tried one by one", {{"reason", error.what()}});
    return false;
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (auto* job = std::get_if<ChangesJob>(&jobs[i])) job->promise.set_value(std::move(outcomes[i]));
    if (auto* undo = std::get_if<UndoJob>(&jobs[i])) undo->promise.set_value(std::move(undone[i]));
  }
  return true;
}

void LabelWriter::perform_singly(Job& job) {
  if (auto* changes = std::get_if<ChangesJob>(&job)) {
    std::vector<ChangeOutcome> outcomes;
    outcomes.reserve(changes->changes.size());
    for (const Change& change : changes->changes) outcomes.push_back(apply_alone(change));
    changes->promise.set_value(std::move(outcomes));
  } else if (auto* undo = std::get_if<UndoJob>(&job)) {
    undo->promise.set_value(undo_alone(*undo));
  }
}

ChangeOutcome LabelWriter::apply_alone(const Change& change) {
  try {
    ChangeGroup group(tools_);
    ChangeOutcome outcome = group.apply(change);
    group.commit();
    return outcome;
  } catch (const Error& error) {
    log::warning("a label could not be saved", {{"image", change.name}, {"reason", error.what()}});
    return failure(error);
  }
}

LabelStore::UndoOutcome LabelWriter::undo_alone(const UndoJob& job) {
  try {
    ChangeGroup group(tools_);
    LabelStore::UndoOutcome outcome = group.undo(job.annotator, job.key);
    group.commit();
    return outcome;
  } catch (const Error& error) {
    log::warning("an undo could not be saved", {{"reason", error.what()}});
    return {failure(error), std::nullopt};
  }
}

// Files that could not be written after their event was saved.
void LabelWriter::look_after() {
  for (auto name = tools_.unsettled.begin(); name != tools_.unsettled.end();) {
    const FrameId id = [&] {
      const auto lock = tools_.state.read();
      return tools_.state.table.find_present(*name);
    }();
    try {
      if (id != kNoFrame) settle_files(tools_, id);
    } catch (const Error&) {
      return;
    }
    name = tools_.unsettled.erase(name);
  }
}

void LabelWriter::sync_loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(sync_mutex_);
      sync_wake_.wait(lock, stop, [this] { return committed_event_ != synced_event_; });
      // What comes in the next seconds shares the sync; a sync that failed is tried again after as long.
      sync_wake_.wait_for(lock, stop, kSyncEvery, [] { return false; });
    }
    if (!stop.stop_requested()) sync_now();
  }
}

// The files of an event reach the disk some seconds after it; the history says from where a restart must look.
void LabelWriter::sync_now() {
  std::uint64_t committed = 0;
  {
    const std::lock_guard lock(sync_mutex_);
    if (committed_event_ == synced_event_) return;
    committed = committed_event_;
  }
  try {
    tools_.workspace.sync();
    bool moved = false;
    run([committed, &moved](WriterTools& tools) {
      moved = tools.unsettled.empty();
      if (moved) tools.log.set_synced_event(committed);
    }).get();
    const std::lock_guard lock(sync_mutex_);
    if (moved) synced_event_ = committed;
  } catch (const Error& error) {
    log::debug("the label files could not be synced", {{"reason", error.what()}});
  }
}

}  // namespace animalctl::label
