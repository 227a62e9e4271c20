#pragma once

#include <chrono>

namespace animalctl::label {

// How long a request waits for the store to have a change on the disk.
inline constexpr std::chrono::seconds kStoreLimit{60};

// With two classes: from this score on the model means the second one.
inline constexpr double kDecisionThreshold = 0.5;

}  // namespace animalctl::label
