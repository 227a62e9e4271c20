#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "animalctl/lake/database.h"

namespace animalctl::lake {

// A file of the frames folder as a listing tells it.
struct FrameFile {
  std::string name;
  std::int64_t bytes = 0;
  std::int64_t modified_ms = 0;  // since 1970
};

// What the lake knows of a frame.
struct FrameRow {
  std::string name;
  std::string digest;  // SHA-256 of the content, 64 hexadecimal digits
  std::int64_t bytes = 0;
  std::int64_t modified_ms = 0;
  std::string perceptual_hash;  // 16 hexadecimal digits; "" when it is not known
  std::string part;             // train, val, test; "" while the frame is in no split
  std::string source;           // "query": put there by `serve`, "audit": chosen by chance; "frames": by anybody else
  std::int64_t first_seen_ms = 0;
};

// What a content's place in the split is (docs/formats/stable-split.md).
struct ContentPart {
  std::string digest;
  std::string perceptual_hash;
  std::string part;
};

struct FrameChanges {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t removed = 0;
};

// The frames of a lake: which content stands under which name. Not thread-safe. Errors: Database's.
class FrameIndex {
 public:
  // Makes the tables when they are not there.
  explicit FrameIndex(Database& database);

  // Makes the index say what `files` (all frames there are) say. `digests_of` is asked once for the files that are new
  // or have another size or time and gives one digest each; a file for which it is "" (gone meanwhile, not readable) is
  // left out. What it throws changes nothing.
  FrameChanges update(std::span<const FrameFile> files, std::int64_t now_ms,
                      const std::function<std::vector<std::string>(std::span<const FrameFile>)>& digests_of);
  // Notes the split's parts for the contents that are frames.
  void set_parts(std::span<const ContentPart> parts);

  std::size_t count();
  // In the order of their names.
  std::vector<FrameRow> all();
  // The names of the frames with this content (64 hexadecimal digits), sorted.
  std::vector<std::string> names_of(const std::string& digest);
  // Digests of every frame.
  std::vector<std::string> digests();

 private:
  Database& database_;
};

}  // namespace animalctl::lake
