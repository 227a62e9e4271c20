#pragma once

#include <optional>

#include "animalctl/base/file.h"
#include "animalctl/base/result.h"
#include "image/byte_reader.h"

namespace animalctl::image {

// One chunk of a PNG file (PNG specification, 5.3).
struct PngChunk {
  std::uint32_t type = 0;  // the four letters as a big-endian number
  ByteSpan content;
  ByteSpan whole;  // length, type, content and checksum

  // CRC-32 of type and content equals the stored one.
  bool checksum_matches() const;
  // Decoders must understand critical chunks (upper-case first letter) and may skip the others.
  bool is_critical() const { return (type & 0x20000000u) == 0; }
};

constexpr std::uint32_t png_type(const char (&name)[5]) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(name[0])) << 24 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(name[1])) << 16 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(name[2])) << 8 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(name[3]));
}

inline constexpr std::uint32_t kPngHeaderType = png_type("IHDR");
inline constexpr std::uint32_t kPngPaletteType = png_type("PLTE");
inline constexpr std::uint32_t kPngDataType = png_type("IDAT");
inline constexpr std::uint32_t kPngEndType = png_type("IEND");
inline constexpr std::uint32_t kPngExifType = png_type("eXIf");
inline constexpr std::uint32_t kPngAnimationType = png_type("acTL");

// Reads chunk after chunk; the span must start with the PNG signature.
class PngChunkReader {
 public:
  explicit PngChunkReader(ByteSpan bytes);
  // The next chunk; nothing at the end of the file or at a cut chunk.
  std::optional<PngChunk> next();

 private:
  ByteSpan bytes_;
  std::size_t position_;
};

// Returns the same picture as a PNG of critical chunks only, each with a matching checksum and in
// order. What is dropped (text, profiles, animation, transparency) does not change an RGB decoding,
// but can be a compression bomb or make libpng print. Refuses with DataLoss what libpng refuses.
Result<Bytes> keep_critical_chunks(ByteSpan png);

}  // namespace animalctl::image
