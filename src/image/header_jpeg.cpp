#include <cstring>
#include <optional>

#include "image/exif.h"
#include "image/header_parsers.h"

// Markers: ITU-T T.81, table B.1. The reader is as forgiving as libjpeg: garbage between segments is
// skipped, and damage after the first scan only makes the file incomplete.
namespace animalctl::image {
namespace {

constexpr std::uint32_t kStartOfScan = 0xDA;
constexpr std::uint32_t kEndOfImage = 0xD9;
constexpr std::uint32_t kStartOfImage = 0xD8;
constexpr std::uint32_t kApp1 = 0xE1;
constexpr int kMaxComponents = 4;

bool is_restart(std::uint32_t marker) {
  return marker >= 0xD0 && marker <= 0xD7;
}

bool is_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool is_skippable(std::uint32_t marker) {
  return (marker >= 0xE0 && marker <= 0xEF) || marker == 0xFE;
}

class JpegParser {
 public:
  explicit JpegParser(ByteSpan bytes) : bytes_(bytes) {
    header_.format = ImageFormat::Jpeg;
    header_.scan_count = 0;
    header_.complete = false;
  }

  Result<ImageHeader> parse() {
    std::optional<Error> failure;
    while (!failure && !header_.complete) {
      const auto marker = next_marker();
      if (!marker) break;
      if (*marker == kEndOfImage) {
        header_.complete = header_.scan_count > 0;
        break;
      }
      if (is_restart(*marker) || *marker == 0x01) continue;
      failure = *marker == kStartOfImage ? corrupt_header("JPEG", "a second image starts inside the first")
                                         : read_segment(*marker);
    }
    return finish(std::move(failure));
  }

 private:
  // The next byte after FF that is neither 00 (a stuffed FF in a scan) nor FF (filling). Bytes that
  // belong to no segment are passed over, which also skips the coded data of a scan.
  std::optional<std::uint32_t> next_marker() {
    while (position_ < bytes_.size()) {
      const void* found = std::memchr(bytes_.data() + position_, 0xFF, bytes_.size() - position_);
      if (found == nullptr) break;
      position_ = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes_.data()) + 1;
      while (position_ < bytes_.size() && byte_at(bytes_, position_) == 0xFF) ++position_;
      if (position_ == bytes_.size()) break;
      const std::uint32_t marker = byte_at(bytes_, position_++);
      if (marker != 0 && !(in_scan_ && is_restart(marker))) return marker;
    }
    return std::nullopt;
  }

  std::optional<Error> read_segment(std::uint32_t marker) {
    in_scan_ = false;
    if (bytes_.size() - position_ < 2) return corrupt_header("JPEG", "it ends inside a segment");
    std::size_t length = big16(bytes_, position_);
    if (length < 2) {
      // libjpeg passes over a skippable segment that denies its own length.
      if (!is_skippable(marker)) return corrupt_header("JPEG", "a segment has an impossible length");
      length = 2;
    }
    if (length > bytes_.size() - position_) {
      position_ = bytes_.size();
      return corrupt_header("JPEG", "it ends inside a segment");
    }
    const ByteSpan content = bytes_.subspan(position_ + 2, length - 2);
    position_ += length;
    if (marker == kStartOfScan) return read_scan(content);
    if (is_frame(marker)) return read_frame(marker, content);
    if (marker == kApp1 && !seen_app1_) {
      seen_app1_ = true;
      if (content.size() > 6) header_.exif_orientation = parse_exif_orientation(content.subspan(6));
    }
    return std::nullopt;
  }

  std::optional<Error> read_frame(std::uint32_t marker, ByteSpan content) {
    if (seen_frame_) return corrupt_header("JPEG", "it has two frame headers");
    if (marker == 0xC3 || (marker >= 0xC5 && marker <= 0xC7) || marker == 0xCB || marker >= 0xCD) {
      return Error(ErrorCode::Unimplemented,
                   "lossless and hierarchical JPEG are not read; convert the image to baseline or progressive JPEG");
    }
    if (content.size() < 6) return corrupt_header("JPEG", "its frame header is cut");
    header_.bits_per_component = static_cast<int>(byte_at(content, 0));
    header_.height = static_cast<int>(big16(content, 1));
    header_.width = static_cast<int>(big16(content, 3));
    header_.components = static_cast<int>(byte_at(content, 5));
    header_.progressive = marker == 0xC2 || marker == 0xCA;
    if (header_.bits_per_component != 8) {
      return Error(ErrorCode::Unimplemented, "a JPEG of " + std::to_string(header_.bits_per_component) +
                                                 " bits a sample is not read; convert the image to 8 bits");
    }
    if (header_.width == 0 || header_.height == 0) return corrupt_header("JPEG", "its width or height is 0");
    if (header_.components < 1 || header_.components > kMaxComponents) {
      return corrupt_header("JPEG",
                            "it has " + std::to_string(header_.components) + " components, 1 to 4 are possible");
    }
    if (content.size() != 6 + 3 * static_cast<std::size_t>(header_.components)) {
      return corrupt_header("JPEG", "its frame header has an impossible length");
    }
    seen_frame_ = true;
    return read_sampling(content.subspan(6));
  }

  // Coefficients are 2 bytes each; a component with half the sampling has half as many a direction,
  // and all are padded to whole blocks of the interleaved unit (at most 32 × 32 pixels).
  std::optional<Error> read_sampling(ByteSpan components) {
    std::uint64_t largest_h = 1;
    std::uint64_t largest_v = 1;
    std::uint64_t samples = 0;
    for (std::size_t i = 0; i < components.size(); i += 3) {
      const std::uint64_t h = byte_at(components, i + 1) >> 4;
      const std::uint64_t v = byte_at(components, i + 1) & 15;
      if (h < 1 || h > 4 || v < 1 || v > 4) return corrupt_header("JPEG", "a sampling factor is not in 1..4");
      largest_h = h > largest_h ? h : largest_h;
      largest_v = v > largest_v ? v : largest_v;
      samples += h * v;
    }
    const std::uint64_t padded_width = static_cast<std::uint64_t>(header_.width) + 8 * largest_h;
    const std::uint64_t padded_height = static_cast<std::uint64_t>(header_.height) + 8 * largest_v;
    coefficient_bytes_ = 2 * padded_width * padded_height * samples / (largest_h * largest_v);
    // A few rows of every component, twice (before and after upsampling).
    row_bytes_ = padded_width * 8 * largest_v * 8;
    return std::nullopt;
  }

  std::optional<Error> read_scan(ByteSpan content) {
    if (!seen_frame_) return corrupt_header("JPEG", "a scan comes before the frame header");
    if (content.empty()) return corrupt_header("JPEG", "a scan header is cut");
    if (header_.scan_count == 0) {
      buffers_whole_image_ = header_.progressive || static_cast<int>(byte_at(content, 0)) < header_.components;
    }
    ++header_.scan_count;
    in_scan_ = true;
    return std::nullopt;
  }

  Result<ImageHeader> finish(std::optional<Error> failure) {
    if (header_.scan_count == 0) {
      if (failure) return std::move(*failure);
      return corrupt_header("JPEG", seen_frame_ ? "it ends before the first scan" : "it has no frame header");
    }
    if (failure) header_.note = failure->message();
    if (!header_.complete && header_.note.empty()) header_.note = "the JPEG ends before its end marker";
    header_.working_bytes = row_bytes_ + (buffers_whole_image_ ? coefficient_bytes_ : 0);
    return std::move(header_);
  }

  ByteSpan bytes_;
  std::size_t position_ = 2;
  ImageHeader header_;
  bool seen_frame_ = false;
  bool seen_app1_ = false;
  bool in_scan_ = false;
  bool buffers_whole_image_ = false;
  std::uint64_t coefficient_bytes_ = 0;
  std::uint64_t row_bytes_ = 0;
};

}  // namespace

Result<ImageHeader> parse_jpeg_header(ByteSpan bytes) {
  return JpegParser(bytes).parse();
}

}  // namespace animalctl::image
