#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "label/server/spool.h"

namespace animalctl::label {

// Writes a zip into a spool through libarchive: images stored as they are, text deflated, names in UTF-8, without
// times, so that the same items give the same bytes. Not thread-safe.
class ZipWriter {
 public:
  explicit ZipWriter(Spool& spool);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  enum class Packing { Stored, Deflated };
  // `name` has '/' between folders; each may come once. Throws Internal (libarchive) and what Spool throws.
  void add(const std::string& name, std::string_view content, Packing packing);
  // To be called once, last.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::label
