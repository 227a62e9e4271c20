#pragma once

#include <string>
#include <string_view>

#include "animalctl/http/message.h"
#include "animalctl/label/label_store.h"

namespace animalctl::label {

// "image/jpeg", "image/png", "image/webp", "image/bmp" by the first bytes (at least 12 where there are so many); "" for
// anything else: SVG and HTML among it, which a browser would run.
std::string_view image_type_of(std::string_view first_bytes);

// The file of an item, open for reading.
class ImageFile {
 public:
  // Throws what LabelStore::open_image() throws, and what reading throws.
  ImageFile(const LabelStore& store, std::string_view name);
  ~ImageFile();
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;

  std::string_view type() const { return type_; }  // "" when it is no image
  std::uint64_t bytes() const { return file_.bytes; }
  // Strong, with its quotation marks: by size and time of change.
  const std::string& etag() const { return etag_; }
  // The whole content. Throws ResourceExhausted over `most` bytes, DataLoss when the file became shorter.
  std::string read(std::uint64_t most) const;
  // Hands the descriptor over; nothing can be read afterwards.
  int release();

 private:
  LabelStore::OpenFile file_;
  std::string_view type_;
  std::string etag_;
};

// Fields that keep what is sent an image and nothing else.
http::Headers image_fields(std::string_view etag);
// Whether If-None-Match has the tag.
bool is_known(const http::Request& request, std::string_view etag);
// 304 with the fields.
http::Response not_modified(std::string_view etag);

// The answer to GET /files/{name}: 200, 304, or 415 for a file that is no image. Throws NotFound.
http::Response image_answer(const LabelStore& store, std::string_view name, const http::Request& request);

}  // namespace animalctl::label
