#pragma once

#include <cstdint>
#include <string_view>

#include "animalctl/base/digest.h"
#include "serve/canary_config.h"

namespace animalctl::serve {

// Why a version computed an answer.
enum class Role {
  Current,   // its share of the requests
  Previous,  // the rest
  Forced,    // X-Model-Version
  Shadow,    // beside the version that answered; the client never sees it
};

// "current", "previous", "forced", "shadow".
std::string_view to_string(Role role);

// The number that decides for a request: SHA-256 of a salt and the image's digest, its first 64 bits. Uniform, and
// independent of everything else that is decided by the digest (the stable split's sides): a canary sees the same mix
// of training and unseen pictures as the rest.
std::uint64_t canary_key(const Digest& image);
// The same for a key that the client chose (X-Canary-Key: a user, a camera), whatever the image.
std::uint64_t canary_key(std::string_view client_key);

// Which version answers: Current for a share `traffic` of all keys (for all when both are the same version), else
// Previous. The decision for a key changes once
// at most while traffic rises from 0 to 1, so nobody is moved to and fro when a rollout goes on.
Role choose(const CanaryConfig& config, std::uint64_t key);

// The version number that the role means; only for Current and Previous.
int version_of(const CanaryConfig& config, Role role);

}  // namespace animalctl::serve
