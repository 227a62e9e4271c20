#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "animalctl/http/message.h"

namespace animalctl::serve {

// The encoded pictures of a prediction request. They point into the request's body or into `decoded`, so both must
// stay.
struct PictureBody {
  std::vector<std::span<const std::byte>> pictures;  // at least one
  bool many = false;                                 // {"instances":[…]}: the answer is a list
  std::vector<std::string> decoded;                  // of base64
};

// Takes the picture out of a request in any form that TorchServe's clients use: the bytes as they are, whatever
// Content-Type says; a multipart part "data" or "body", else the first part that is a file; JSON: a string of base64,
// {"data"|"body"|"b64": "…"}, or {"instances":[{"b64":"…"}]} with many. JSON is known by its first character, which no
// picture has. Throws ApiError 400 with what is missing or wrong.
PictureBody read_pictures(const http::Request& request);

}  // namespace animalctl::serve
