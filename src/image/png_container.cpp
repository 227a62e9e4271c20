#include "image/png_container.h"

#include <array>

#include "image/header_parsers.h"

namespace animalctl::image {
namespace {

constexpr std::size_t kChunkOverhead = 12;
constexpr std::uint32_t kLargestLength = 0x7FFFFFFF;
constexpr std::uint32_t kMaxPaletteBytes = 3 * 256;

// Tables for eight bytes a step ("slicing-by-8", Kounavis and Berry, 2005); polynomial of ISO 3309.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
    tables[0][i] = value;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    for (std::size_t table = 1; table < 8; ++table) {
      const std::uint32_t previous = tables[table - 1][i];
      tables[table][i] = (previous >> 8) ^ tables[0][previous & 255];
    }
  }
  return tables;
}

constexpr CrcTables kCrc = make_crc_tables();

std::uint32_t crc32(ByteSpan bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const std::uint32_t low = crc ^ little32(bytes, i);
    const std::uint32_t high = little32(bytes, i + 4);
    crc = kCrc[7][low & 255] ^ kCrc[6][low >> 8 & 255] ^ kCrc[5][low >> 16 & 255] ^ kCrc[4][low >> 24] ^
          kCrc[3][high & 255] ^ kCrc[2][high >> 8 & 255] ^ kCrc[1][high >> 16 & 255] ^ kCrc[0][high >> 24];
  }
  for (; i < bytes.size(); ++i) crc = (crc >> 8) ^ kCrc[0][(crc ^ byte_at(bytes, i)) & 255];
  return ~crc;
}

std::string type_name(std::uint32_t type) {
  std::string name;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char letter = static_cast<char>(type >> shift & 255);
    name += letter > ' ' && letter < 127 ? letter : '?';
  }
  return name;
}

bool is_chunk_name(std::uint32_t type) {
  for (int shift = 0; shift < 32; shift += 8) {
    const std::uint32_t letter = type >> shift & 0xDF;
    if (letter < 'A' || letter > 'Z') return false;
  }
  return true;
}

// Collects the chunks of keep_critical_chunks() and knows the rules of their order.
class CriticalChunks {
 public:
  explicit CriticalChunks(std::size_t capacity) {
    output_.reserve(capacity);
    append(ByteSpan(reinterpret_cast<const std::byte*>(kPngSignature.data()), kPngSignature.size()));
  }

  std::optional<Error> add(const PngChunk& chunk) {
    if (!is_chunk_name(chunk.type)) return corrupt_header("PNG", "a chunk has an impossible name");
    // A run of data ends at any other chunk; libpng reads the first run only.
    if (chunk.type != kPngDataType && seen_data_) data_run_over_ = true;
    if (!chunk.is_critical()) return std::nullopt;
    if (!chunk.checksum_matches()) {
      return corrupt_header("PNG", "the checksum of its " + type_name(chunk.type) + " chunk does not match");
    }
    switch (chunk.type) {
      case kPngHeaderType:
        return add_header(chunk);
      case kPngPaletteType:
        return add_palette(chunk);
      case kPngDataType:
        return add_data(chunk);
      default:
        return corrupt_header("PNG", "it needs an unknown " + type_name(chunk.type) + " chunk");
    }
  }

  Result<Bytes> finish() {
    if (!seen_data_) return corrupt_header("PNG", "it has no image data");
    static constexpr std::array<std::uint8_t, kChunkOverhead> kEnd{0,   0,   0,    0,    'I',  'E',
                                                                   'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    append(std::as_bytes(std::span(kEnd)));
    return std::move(output_);
  }

 private:
  std::optional<Error> add_header(const PngChunk& chunk) {
    if (seen_header_) return corrupt_header("PNG", "it has two headers");
    seen_header_ = true;
    is_palette_ = chunk.content.size() == 13 && byte_at(chunk.content, 9) == 3;
    append(chunk.whole);
    return std::nullopt;
  }

  std::optional<Error> add_palette(const PngChunk& chunk) {
    if (seen_palette_) return corrupt_header("PNG", "it has two palettes");
    if (seen_data_) return std::nullopt;
    seen_palette_ = true;
    // In a colour image a palette is a hint for display, in a grey one an error without effect.
    if (!is_palette_) return std::nullopt;
    const std::size_t size = chunk.content.size();
    if (size == 0 || size % 3 != 0 || size > kMaxPaletteBytes) {
      return corrupt_header("PNG", "its palette has an impossible length");
    }
    append(chunk.whole);
    return std::nullopt;
  }

  std::optional<Error> add_data(const PngChunk& chunk) {
    if (is_palette_ && !seen_palette_) return corrupt_header("PNG", "its palette is missing");
    seen_data_ = true;
    if (!data_run_over_) append(chunk.whole);
    return std::nullopt;
  }

  void append(ByteSpan bytes) { output_.insert(output_.end(), bytes.begin(), bytes.end()); }

  Bytes output_;
  bool is_palette_ = false;
  bool seen_header_ = false;
  bool seen_palette_ = false;
  bool seen_data_ = false;
  bool data_run_over_ = false;
};

}  // namespace

bool PngChunk::checksum_matches() const {
  const std::size_t covered = 4 + content.size();
  return crc32(whole.subspan(4, covered)) == big32(whole, 4 + covered);
}

PngChunkReader::PngChunkReader(ByteSpan bytes) : bytes_(bytes), position_(kPngSignature.size()) {}

std::optional<PngChunk> PngChunkReader::next() {
  if (position_ > bytes_.size() || bytes_.size() - position_ < kChunkOverhead) return std::nullopt;
  const std::uint32_t length = big32(bytes_, position_);
  if (length > kLargestLength || length > bytes_.size() - position_ - kChunkOverhead) return std::nullopt;
  PngChunk chunk;
  chunk.type = big32(bytes_, position_ + 4);
  chunk.content = bytes_.subspan(position_ + 8, length);
  chunk.whole = bytes_.subspan(position_, kChunkOverhead + length);
  position_ += chunk.whole.size();
  return chunk;
}

Result<Bytes> keep_critical_chunks(ByteSpan png) {
  PngChunkReader reader(png);
  CriticalChunks kept(png.size());
  while (const auto chunk = reader.next()) {
    if (chunk->type == kPngEndType) {
      if (!chunk->checksum_matches()) return corrupt_header("PNG", "the checksum of its IEND chunk does not match");
      return kept.finish();
    }
    if (auto failure = kept.add(*chunk)) return std::move(*failure);
  }
  return corrupt_header("PNG", "it ends before its end chunk");
}

}  // namespace animalctl::image
