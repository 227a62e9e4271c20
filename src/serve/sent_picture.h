#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "animalctl/http/message.h"

namespace animalctl::serve {

// The bytes of the picture that a request of the prediction API carries: the request's own, or decoded from it. Valid
// while the request is.
class SentPicture {
 public:
  // Of POST /predict: {"base_64_str": "…"} (a data: URL too), or the picture itself as image/* or
  // application/octet-stream. Throws ApiError: 400 (no JSON), 415 (another content type), 422 (no or no right picture).
  static SentPicture of_predict(const http::Request& request);
  // Of POST /upload: the multipart part "file", or the only part that is a file. Throws ApiError: 415 (no multipart),
  // 422 (no file, or an empty one).
  static SentPicture of_upload(const http::Request& request);

  std::string_view bytes() const { return borrowed_ != nullptr ? std::string_view(*borrowed_) : *owned_; }
  // The bytes for those who outlive the request; a copy when they were the request's own.
  std::shared_ptr<const std::string> shared() const;

 private:
  explicit SentPicture(const std::string* borrowed) : borrowed_(borrowed) {}
  explicit SentPicture(std::string owned) : owned_(std::make_shared<const std::string>(std::move(owned))) {}

  const std::string* borrowed_ = nullptr;
  std::shared_ptr<const std::string> owned_;
};

}  // namespace animalctl::serve
