#pragma once

#include <cstdint>
#include <string>

#include "animalctl/base/file.h"
#include "animalctl/dataset/image_examiner.h"

namespace animalctl::test {

// What the fake examiner says of an image.
enum class FakeState : std::uint8_t { Fine = 0, Undecodable = 1, Complaining = 2, TooLarge = 3 };

// A whole 3 × 1 BMP image whose pixels hold a perceptual hash and what fake_examiner() is to say. Images
// with the same hash and another `salt` have another content.
Bytes fake_bmp(std::uint64_t perceptual_hash, FakeState state = FakeState::Fine, std::uint16_t salt = 0);

// Reads fake_bmp() images; counts its calls in `*calls` when given.
ImageExaminer fake_examiner(std::size_t* calls = nullptr);

}  // namespace animalctl::test
