#pragma once

#include <string_view>

#include "animalctl/base/digest.h"

namespace animalctl {

// HMAC-SHA256 (RFC 2104, FIPS 198-1): proves to whoever holds `key` that `message` is from somebody who holds it too.
// Any key length. Thread-safe.
Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace animalctl
