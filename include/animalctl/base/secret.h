#pragma once

#include <string>
#include <string_view>

namespace animalctl {

// 256 bits of the system's random source as base64url without padding (RFC 4648 §5): 43 characters. Throws Internal
// when the system gives none. Thread-safe.
std::string random_secret();

// Whether `given` is `secret`, in a time that depends on the length of `given` only. Nothing equals an empty secret.
bool equal_in_constant_time(std::string_view given, std::string_view secret);

}  // namespace animalctl
