#include "image/exif.h"

#include <optional>

namespace animalctl::image {
namespace {

constexpr std::size_t kEntrySize = 12;
constexpr std::uint32_t kOrientationTag = 0x0112;

class TiffReader {
 public:
  explicit TiffReader(ByteSpan bytes) : bytes_(bytes), little_(has_text_at(bytes, 0, "II")) {}

  std::optional<std::uint32_t> number16(std::uint64_t offset) const {
    if (offset + 2 > bytes_.size()) return std::nullopt;
    return little_ ? little16(bytes_, offset) : big16(bytes_, offset);
  }
  std::optional<std::uint32_t> number32(std::uint64_t offset) const {
    if (offset + 4 > bytes_.size()) return std::nullopt;
    return little_ ? little32(bytes_, offset) : big32(bytes_, offset);
  }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  ByteSpan bytes_;
  bool little_;
};

bool is_text_tag(std::uint32_t tag) {
  switch (tag) {
    case 0x010E:  // description
    case 0x010F:  // make
    case 0x0110:  // model
    case 0x0131:  // software
    case 0x0132:  // date
    case 0x8298:  // copyright
      return true;
    default:
      return false;
  }
}

bool is_rational_tag(std::uint32_t tag) {
  return tag == 0x011A || tag == 0x011B;
}

// False when the entry's value lies outside the block: the reference stops reading there.
bool value_is_readable(const TiffReader& tiff, std::uint64_t entry, std::uint32_t tag) {
  if (is_text_tag(tag)) {
    const auto size = tiff.number32(entry + 4);
    if (!size) return false;
    std::uint64_t position = 8;
    if (*size > 4) {
      const auto stored = tiff.number32(entry + 8);
      if (!stored) return false;
      position = *stored;
    }
    return position + *size <= tiff.size();
  }
  if (is_rational_tag(tag)) {
    const auto position = tiff.number32(entry + 8);
    return position && tiff.number32(std::uint64_t{*position} + 4).has_value();
  }
  return true;
}

}  // namespace

int parse_exif_orientation(ByteSpan bytes) {
  const TiffReader tiff(bytes);
  if (bytes.size() < 2 || bytes[0] != bytes[1] || tiff.number16(2) != 0x2Au) return 1;
  const auto directory = tiff.number32(4);
  if (!directory) return 1;
  const auto count = tiff.number16(*directory);
  if (!count) return 1;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const std::uint64_t entry = std::uint64_t{*directory} + 2 + std::uint64_t{i} * kEntrySize;
    const auto tag = tiff.number16(entry);
    if (!tag || !value_is_readable(tiff, entry, *tag)) return 1;
    if (*tag != kOrientationTag) continue;
    const auto value = tiff.number16(entry + 8);
    return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
  }
  return 1;
}

}  // namespace animalctl::image
