#include "serve/canary_router.h"

namespace animalctl::serve {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::Current:
      return "current";
    case Role::Previous:
      return "previous";
    case Role::Forced:
      return "forced";
    case Role::Shadow:
      return "shadow";
  }
  return "current";
}

std::uint64_t canary_key(const Digest& image) {
  Sha256 hash;
  hash.update("animalctl canary image 1\n");
  hash.update(std::as_bytes(std::span(image.bytes)));
  return hash.finish().prefix();
}

std::uint64_t canary_key(std::string_view client_key) {
  Sha256 hash;
  hash.update("animalctl canary client key 1\n");
  hash.update(client_key);
  return hash.finish().prefix();
}

Role choose(const CanaryConfig& config, std::uint64_t key) {
  if (config.current_version == config.previous_version) return Role::Current;
  // The upper 53 bits as a double in [0, 1): exact, below 1, so that traffic 1 takes all and traffic 0 none.
  const double place = static_cast<double>(key >> 11) * 0x1.0p-53;
  return place < config.traffic ? Role::Current : Role::Previous;
}

int version_of(const CanaryConfig& config, Role role) {
  return role == Role::Previous ? config.previous_version : config.current_version;
}

}  // namespace animalctl::serve
