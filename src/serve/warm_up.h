#pragma once

#include "serve/model_version.h"

namespace animalctl::serve {

// Makes a new version ready for its first request: starts its workers, and lets it answer an input of zeros, the way of
// a request when it has workers, by itself otherwise, alone and as a full batch. Throws what those throw, and
// DeadlineExceeded after `deadline` (startupTimeout).
void warm_up(ModelVersion& version, const VersionSettings& settings, Clock::time_point deadline);

}  // namespace animalctl::serve
