#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "animalctl/image/header.h"
#include "animalctl/image/limits.h"
#include "image/png_container.h"

// Any bytes give a header that keeps its promises or an error; the sanitizers watch the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto result = animalctl::parse_image_header(bytes);
  if (!result) return 0;
  const animalctl::ImageHeader& header = result.value();
  const bool sound = header.width >= 1 && header.height >= 1 && header.components >= 1 && header.components <= 4 &&
                     header.exif_orientation >= 1 && header.exif_orientation <= 8 && header.scan_count >= 1;
  if (!sound) std::abort();
  (void)animalctl::check_decode_limits(header, size, {});
  if (header.format == animalctl::ImageFormat::Png) {
    const auto kept = animalctl::image::keep_critical_chunks(bytes);
    if (kept && !animalctl::parse_image_header(kept.value()).value().complete) std::abort();
  }
  return 0;
}
