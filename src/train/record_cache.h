#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "animalctl/base/digest.h"

namespace animalctl {

// Results of a fixed size by the SHA-256 of the encoded image they were made from: decoded images as a model or an
// augmenting run wants them, features of a frozen backbone. An image is worked on once in its life, whatever its name
// and however many runs use it.
//
// The file (docs/formats/record-cache.md) is memory-mapped, append-only, each record with a checksum. One process at
// a time appends (flock); others read what is there and keep what they add in memory. A cut or damaged record is
// passed over; a file of another version or purpose is rebuilt with a log line. A failed write (disk full) costs the
// cache, never the run. The file may be deleted at any time.
//
// find() and add() are thread-safe; the pointers they give live as long as the object.
class RecordCache {
 public:
  // `purpose`: what the records are; a file that says otherwise is rebuilt. At most 111 bytes count. An empty `file`:
  // memory only.
  RecordCache(std::filesystem::path file, const std::string& purpose, std::size_t record_bytes);
  ~RecordCache();
  RecordCache(const RecordCache&) = delete;
  RecordCache& operator=(const RecordCache&) = delete;

  // The record of that digest, `record_bytes` long, or null.
  const std::uint8_t* find(const Digest& digest) const;
  // Keeps a record; returns where. `record` has record_bytes values.
  const std::uint8_t* add(const Digest& digest, std::span<const std::uint8_t> record);

  std::size_t record_bytes() const { return record_bytes_; }

 private:
  void open_file(const std::string& purpose);
  bool map_records(const std::string& purpose);
  const std::uint8_t* append(const Digest& digest, std::span<const std::uint8_t> record);
  const std::uint8_t* keep_in_memory(std::span<const std::uint8_t> record);
  void give_up(const std::string& why);

  // Constant after construction.
  const std::size_t record_bytes_;
  const std::filesystem::path file_;
  const std::size_t stride_;  // bytes of a record in the file
  const std::byte* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;  // also beyond the end of the file, for the records to come

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable std::unordered_map<Digest, const std::uint8_t*> index_;
  mutable std::unordered_map<Digest, std::uint64_t> unverified_;  // digest → checksum of a record found in the file
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;           // memory of records that are not in the file
  std::size_t block_free_ = 0;
  std::vector<std::byte> buffer_;  // one record as it is written
  std::size_t end_ = 0;            // of the last whole record in the file
  int descriptor_ = -1;            // ≥ 0: this process appends
};

}  // namespace animalctl
