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

// Prepared images (8-bit, as Preprocessing or an augmenting run wants them) by the SHA-256 of the encoded
// file: an image is decoded once in its life, whatever its name and however many runs use it.
//
// File: <folder>/prepared/<preparation>.cache (docs/formats/prepared-cache.md), memory-mapped for reading,
// append-only, each record with a checksum. One process at a time appends (flock); others read what is there
// and keep what they add in memory. A cut or damaged record is passed over; a file of another version is
// rebuilt with a log line. A failed write (disk full) costs the cache, never the run. The file may be deleted
// at any time.
//
// find() and add() are thread-safe; the pointers they give live as long as the object.
class PreparedCache {
 public:
  // `record_bytes`: size of every prepared image of this preparation. An empty folder: memory only.
  PreparedCache(const std::filesystem::path& folder, const std::string& preparation, std::size_t record_bytes);
  ~PreparedCache();
  PreparedCache(const PreparedCache&) = delete;
  PreparedCache& operator=(const PreparedCache&) = delete;

  // The prepared image of that digest, `record_bytes` long, or null.
  const std::uint8_t* find(const Digest& digest) const;
  // Keeps a prepared image; returns where. `pixels` has record_bytes values.
  const std::uint8_t* add(const Digest& digest, std::span<const std::uint8_t> pixels);
  // Writes out what was added. Called by the destructor too.
  void flush();

  std::size_t record_bytes() const { return record_bytes_; }

 private:
  void open_file(const std::filesystem::path& path, const std::string& preparation);
  bool map_records(const std::string& preparation);
  void write_pending();
  void give_up(const std::string& why);

  // Constant after construction.
  const std::size_t record_bytes_;
  std::filesystem::path path_;
  std::size_t stride_ = 0;  // bytes of a record in the file
  const std::byte* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable std::unordered_map<Digest, const std::uint8_t*> index_;
  mutable std::unordered_map<Digest, std::uint64_t> unverified_;  // digest → checksum of a mapped record
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;           // memory of added records
  std::size_t block_free_ = 0;
  std::vector<std::byte> pending_;  // records not yet in the file
  int descriptor_ = -1;             // ≥ 0: this process appends
};

}  // namespace animalctl
