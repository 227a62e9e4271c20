#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "animalctl/base/result.h"
#include "animalctl/image/facts.h"
#include "animalctl/image/perceptual_hash.h"

namespace animalctl {

// Decodes one image file's bytes and says what it found; an Error for what cannot be decoded. Given by the
// caller, so that this module needs no decoder; Engine::examine is one. Must be thread-safe.
using ImageExaminer = std::function<Result<ImageFacts>(std::span<const std::byte>)>;

// Perceptual hashes that differ in at most so many of their 64 bits are taken for the same picture.
inline constexpr int kDefaultNearDistance = kNearDuplicateDistance;

}  // namespace animalctl
