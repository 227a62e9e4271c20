#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace animalctl::serve {

// Appends whole lines to <folder>/<stem>-<day>-<number>.jsonl. A file that would pass `max_bytes` is followed by the
// next number; a day has files of its own; a start goes on with the day's last file. Only whole lines are ever left in
// a file: what a full disk cut off is taken back. Not thread-safe; other processes may append to the same files.
class RollingFile {
 public:
  // Touches nothing yet.
  RollingFile(std::filesystem::path folder, std::string stem, std::uint64_t max_bytes);
  ~RollingFile();
  RollingFile(const RollingFile&) = delete;
  RollingFile& operator=(const RollingFile&) = delete;

  // Appends lines (each ending in '\n') of one day, "2026-11-25". Folders that are missing are made; a file or folder
  // that has vanished since the last call is begun anew. Throws when not all was written: then nothing of `lines` is in
  // the file, and a later call may succeed.
  void append(const std::string& day, std::string_view lines);
  // Makes what was appended durable. Throws; does nothing when nothing was appended since.
  void sync();

  // The file that is open; empty when none is.
  const std::filesystem::path& path() const { return path_; }

 private:
  bool open_file_is_in_place() const;
  void open_for(const std::string& day, std::uint64_t coming);
  void open_number(const std::string& day, unsigned number);
  unsigned last_number(const std::string& day) const;
  void end_cut_line();
  void write_all(std::string_view lines);
  void close();

  const std::filesystem::path folder_;
  const std::string stem_;
  const std::uint64_t max_bytes_;
  std::string day_;  // of the open file
  unsigned number_ = 0;
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool dirty_ = false;
};

}  // namespace animalctl::serve
