#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>

#include "label/label_writer.h"
#include "label/saved_index.h"

namespace animalctl::label {

// Fills an empty state from the saved index `file` and what the database knows since; false, with a line in the log,
// when there is none or it cannot be used. Called before the writer begins. Throws as lake::Database.
bool start_from_saved_index(WriterTools& tools, const std::filesystem::path& file, std::uint64_t workspace);

// Saves the index now and then, when something has changed, and a last time when told to.
class IndexSaver {
 public:
  // `file` empty: never saves. `is_fresh`: the file is as the index is.
  IndexSaver(StoreState& state, LabelWriter& writer, std::filesystem::path file, std::uint64_t workspace,
             bool is_fresh);
  ~IndexSaver();
  IndexSaver(const IndexSaver&) = delete;
  IndexSaver& operator=(const IndexSaver&) = delete;

  // Something changed that the change feed does not tell.
  void note_change();
  // Stops saving now and then; saves what has changed since.
  void finish();

 private:
  void loop(const std::stop_token& stop);
  void save_if_changed();

  StoreState& state_;
  LabelWriter& writer_;
  std::filesystem::path file_;
  std::uint64_t workspace_ = 0;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::uint64_t changes_ = 0;         // guarded by mutex_
  std::uint64_t saved_changes_ = 0;   // used by one thread at a time
  std::uint64_t saved_sequence_ = 0;  // the same; 0: nothing is saved
  std::jthread thread_;
};

}  // namespace animalctl::label
