#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace animalctl {

// Which file holds the annotation of a frame (docs/formats/annotation.md): `<stem>.json` for the frame that owns its
// stem, `<full file name>.json` (the qualified name) for the others.

// The qualified name of a frame's annotation: "a.jpg" gives "a.jpg.json". `frame` is a file name without folders.
std::string qualified_annotation_name(std::string_view frame);
// "a.jpg" gives "a.json". Names over 255 bytes, which no file can have, are shortened as the format page says.
std::string plain_annotation_name(std::string_view frame);

// Which of two frames of one stem comes first and so owns it: png, jpg, jpeg, webp, bmp; then bytewise.
bool owns_before(std::string_view frame, std::string_view other);

// Which frames of a folder do not own their stem. Immutable, so it may be shared between threads.
class StemOwners {
 public:
  StemOwners() = default;
  explicit StemOwners(const std::vector<std::string>& frames);

  bool owns(std::string_view frame) const;

 private:
  std::unordered_set<std::string> others_;
};

}  // namespace animalctl
