#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "animalctl/base/error.h"
#include "animalctl/image/header.h"

namespace animalctl {

// What one image may cost. All but `max_duration` are checked from the header, before decoding.
struct DecodeLimits {
  // Size of the encoded file.
  std::uint64_t max_bytes = std::uint64_t{64} << 20;
  // width × height as stored.
  std::uint64_t max_pixels = 50'000'000;
  // Estimated peak of one decoding, without the encoded file itself: the result, the decoder's
  // buffers (coefficients of a progressive JPEG) and a second copy when EXIF turns the picture.
  std::uint64_t max_memory = std::uint64_t{384} << 20;
  // Scans of a JPEG; each one visits the whole picture again.
  int max_scans = 500;
  // JPEG decoding stops when it lasts longer. PNG, WebP and BMP cannot be stopped half-way; they are
  // refused beforehand when their unpacked rows exceed what a slow core unpacks in this time.
  std::chrono::milliseconds max_duration{2000};
};

// The estimate that is compared with max_memory, in bytes.
std::uint64_t estimate_decode_memory(const ImageHeader& header);

// Returns why an image with this header, `byte_count` bytes long, must not be decoded: an Error of
// code ResourceExhausted or DeadlineExceeded that names the limit and the value; nothing when it
// may. Thread-safe.
std::optional<Error> check_decode_limits(const ImageHeader& header, std::uint64_t byte_count,
                                         const DecodeLimits& limits);

}  // namespace animalctl
