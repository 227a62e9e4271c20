#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace animalctl::http {

// The value of a Content-Type field (RFC 9110 §8.3.1): `multipart/form-data; boundary="x"`.
struct MediaType {
  std::string type;                                             // "image/jpeg", lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values unquoted

  // The first parameter of that name, which is given in lower case.
  std::optional<std::string> parameter(std::string_view name) const;
};

// Nothing when `value` is no media type. A pure function.
std::optional<MediaType> parse_media_type(std::string_view value);

// Whether an Accept field (RFC 9110 §12.5.1) takes `type` ("text/html") by its own name with a weight above 0: "*/*"
// does not count, it is what programs send that do not care.
bool accepts_explicitly(std::string_view accept, std::string_view type);

}  // namespace animalctl::http
