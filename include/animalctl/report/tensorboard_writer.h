#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace animalctl {

// Writes scalars that TensorBoard shows: a file events.out.tfevents.<seconds>.<host> in `folder`, which is made when
// it is missing. The file is a sequence of TFRecords (length, masked CRC-32C, data, masked CRC-32C; see
// tensorflow/core/lib/io/record_writer.cc) that hold Event messages (tensorflow/core/util/event.proto,
// tensorflow/core/framework/summary.proto). Times are seconds since 1970 and come from the caller. A file of an
// earlier run is never touched. Not thread-safe.
class TensorBoardWriter {
 public:
  // Creates the file; `wall_time` is the run's start. Throws as create_folders() does, and when the file cannot be
  // created.
  TensorBoardWriter(const std::filesystem::path& folder, double wall_time);
  // Writes what add_scalar() left; a failure is lost, so call flush() last.
  ~TensorBoardWriter();
  TensorBoardWriter(const TensorBoardWriter&) = delete;
  TensorBoardWriter& operator=(const TensorBoardWriter&) = delete;

  // Adds one point of the curve `tag`, e.g. "loss/train". Kept in memory until flush(). Values are stored as float32.
  void add_scalar(std::string_view tag, std::int64_t step, double value, double wall_time);

  // Puts everything on the disk; to be called once an epoch. A crash after it loses nothing; a crash in it leaves a
  // file that readers accept up to its last whole record. When the disk is full, throws ResourceExhausted and takes
  // back what was half written; the points stay and go with the next call.
  void flush();

  const std::filesystem::path& file() const { return path_; }

 private:
  void append(std::string_view event);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t written_ = 0;  // bytes of whole records in the file
  std::string pending_;
};

}  // namespace animalctl
