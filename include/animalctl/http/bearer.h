#pragma once

#include <string_view>

namespace animalctl::http {

// The key of an Authorization field "Bearer <key>" (RFC 6750 §2.1): nothing else, no spaces inside, the scheme in any
// letter case. "" when the field has another form. A view into `authorization`.
std::string_view bearer_key(std::string_view authorization);

}  // namespace animalctl::http
