#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "animalctl/http/message.h"

namespace animalctl::http {

struct MultipartLimits {
  std::size_t max_parts = 100;
  std::size_t max_part_head_bytes = 8192;  // the fields above one part's content
};

// Splits the body of a multipart/form-data message (RFC 7578, RFC 2046 §5.1) at `boundary`. What stands before the
// first and after the last delimiter is ignored. Names are taken as sent; `\"` in a quoted name is a quotation mark.
// Throws InvalidArgument when the boundary is not 1–70 characters, a delimiter is missing, a part has no name or bad
// fields, or a limit is passed. A pure function.
std::vector<Part> parse_multipart(std::string_view body, std::string_view boundary, const MultipartLimits& limits = {});

}  // namespace animalctl::http
