#pragma once

#include <string>
#include <string_view>

namespace animalctl::loadtest {

// Standard alphabet, padded (RFC 4648 §4).
std::string encode_base64(std::string_view bytes);

}  // namespace animalctl::loadtest
