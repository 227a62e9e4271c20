#pragma once

namespace animalctl::serve {

// What may be asked of one version of a model, wherever the question comes from: the management API, a
// config.properties or a model_snapshot.
inline constexpr int kMaxWorkersPerModel = 128;
inline constexpr int kMaxBatchSize = 1024;
inline constexpr int kMaxBatchDelayMs = 3'600'000;     // an hour
inline constexpr int kMaxTimeoutSeconds = 31'536'000;  // a year
inline constexpr int kMaxPicturesOfRequest = 1024;

}  // namespace animalctl::serve
