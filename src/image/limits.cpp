#include "animalctl/image/limits.h"

#include <fmt/core.h>

#include <algorithm>

namespace animalctl {
namespace {

// libpng refuses wider images, and no format but PNG and BMP can name such a side.
constexpr int kMaxSide = 1'000'000;
// What one core unpacks of the worst content, noise: measured 130 MB/s for PNG, 84 for lossless WebP.
constexpr std::uint64_t kSlowBytesPerMillisecond = 80'000;

std::uint64_t pixel_count(const ImageHeader& header) {
  return static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
}

// Bytes of all rows as the file packs them.
std::uint64_t unpacked_bytes(const ImageHeader& header) {
  const auto bits = static_cast<std::uint64_t>(header.components) * static_cast<unsigned>(header.bits_per_component);
  return pixel_count(header) * bits / 8;
}

Error exhausted(std::string message) {
  return Error(ErrorCode::ResourceExhausted, std::move(message));
}

}  // namespace

std::uint64_t estimate_decode_memory(const ImageHeader& header) {
  const std::uint64_t result = pixel_count(header) * 3;
  const std::uint64_t decoding = header.working_bytes + result;
  // The decoder's memory is free again when the picture is turned.
  return applies_orientation(header) ? std::max(decoding, 2 * result) : decoding;
}

std::optional<Error> check_decode_limits(const ImageHeader& header, std::uint64_t byte_count,
                                         const DecodeLimits& limits) {
  if (byte_count > limits.max_bytes) {
    return exhausted(fmt::format("the image file has {} bytes, at most {} are read; make the image smaller", byte_count,
                                 limits.max_bytes));
  }
  if (header.width > kMaxSide || header.height > kMaxSide || pixel_count(header) > limits.max_pixels) {
    return exhausted(fmt::format("the image is {} x {}, at most {} pixels and {} a side are read; make it smaller",
                                 header.width, header.height, limits.max_pixels, kMaxSide));
  }
  if (header.scan_count > limits.max_scans) {
    return exhausted(fmt::format("the JPEG has {} scans, at most {} are read; save the image again", header.scan_count,
                                 limits.max_scans));
  }
  const std::uint64_t memory = estimate_decode_memory(header);
  if (memory > limits.max_memory) {
    return exhausted(
        fmt::format("decoding the image ({} x {}, {}) would take about {} MiB, at most {} MiB are allowed; make it "
                    "smaller",
                    header.width, header.height, to_string(header.format), memory >> 20, limits.max_memory >> 20));
  }
  const auto allowed = static_cast<std::uint64_t>(limits.max_duration.count()) * kSlowBytesPerMillisecond;
  if (header.format != ImageFormat::Jpeg && unpacked_bytes(header) > allowed) {
    return Error(ErrorCode::DeadlineExceeded,
                 fmt::format("unpacking {} MiB of pixels could take longer than the {} ms allowed; make the image "
                             "smaller",
                             unpacked_bytes(header) >> 20, limits.max_duration.count()));
  }
  return std::nullopt;
}

}  // namespace animalctl
