#include "animalctl/image/decode.h"

#include <fmt/core.h>

#include <new>
#include <opencv2/core/utility.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "image/jpeg_decoder.h"
#include "image/opencv_bridge.h"
#include "image/png_container.h"

namespace animalctl {
namespace image {
namespace {

Error undecodable(const ImageHeader& header, const std::string& reason) {
  return Error(ErrorCode::DataLoss, fmt::format("the {} image cannot be decoded: {}; replace the file or remove it",
                                                to_string(header.format), reason));
}

// PNG, WebP and BMP.
std::optional<Error> decode_with_opencv(ByteSpan bytes, const ImageHeader& header, ImageU8& result) {
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::byte*>(bytes.data()));
  // Orientation is ours to apply: OpenCV versions differ in the formats for which they do. A matrix of
  // our own is not given to OpenCV, because it stays as it was when the header is refused.
  const cv::Mat bgr = cv::imdecode(encoded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  if (bgr.empty()) return undecodable(header, header.complete ? "its data is corrupt" : header.note);
  if (bgr.rows != header.height || bgr.cols != header.width || bgr.type() != CV_8UC3) {
    return undecodable(header, "its size is not what its header says");
  }
  shape_image(result, header.height, header.width, 3);
  cv::Mat target = view_of(result);
  cv::cvtColor(bgr, target, cv::COLOR_BGR2RGB);
  return std::nullopt;
}

// Files that OpenCV would refuse too, but with a message of its own on the terminal.
bool is_hopeless(ByteSpan bytes, const ImageHeader& header) {
  constexpr std::size_t kSmallestWebP = 32;
  if (header.format == ImageFormat::WebP) return bytes.size() < kSmallestWebP;
  return header.format == ImageFormat::Bmp && !header.complete;
}

std::optional<Error> decode_stored(ByteSpan bytes, const ReducedDecoding& how, const DecodeLimits& limits,
                                   DecodedImage& decoded) {
  switch (decoded.header.format) {
    case ImageFormat::Jpeg:
      return decode_jpeg(bytes, how, limits, decoded.image, decoded.warnings);
    case ImageFormat::Png: {
      auto cleaned = keep_critical_chunks(bytes);
      if (!cleaned) return cleaned.error();
      return decode_with_opencv(cleaned.value(), decoded.header, decoded.image);
    }
    case ImageFormat::WebP:
    case ImageFormat::Bmp:
      if (is_hopeless(bytes, decoded.header)) {
        return undecodable(decoded.header, decoded.header.complete ? "it is too short" : decoded.header.note);
      }
      return decode_with_opencv(bytes, decoded.header, decoded.image);
  }
  return Error(ErrorCode::Internal, "an image format has no decoder");
}

// Turns the stored picture upright. EXIF orientations (TIFF 6.0, tag 274): 2 mirrored, 3 upside down,
// 4 both, 5..8 the same four with rows and columns exchanged.
ImageU8 apply_orientation(ImageU8 stored, int orientation) {
  constexpr int kUpDown = 0;
  constexpr int kLeftRight = 1;
  constexpr int kBoth = -1;
  const bool exchanges = orientation >= 5;
  ImageU8 upright = exchanges ? make_image(stored.width, stored.height, stored.channels)
                              : make_image(stored.height, stored.width, stored.channels);
  const cv::Mat source = view_of(stored);
  cv::Mat target = view_of(upright);
  if (exchanges) cv::transpose(source, target);
  const cv::Mat& unflipped = exchanges ? target : source;
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(unflipped, target, kLeftRight);
      break;
    case 3:
    case 7:
      cv::flip(unflipped, target, kBoth);
      break;
    case 4:
    case 8:
      cv::flip(unflipped, target, kUpDown);
      break;
    default:
      break;
  }
  return upright;
}

// Orientations 5 to 8 exchange width and height.
bool lies_on_its_side(const ImageHeader& header) {
  return applies_orientation(header) && header.exif_orientation >= 5;
}

std::optional<Error> decode_checked(ByteSpan bytes, const ReducedDecoding& how, const DecodeLimits& limits,
                                    DecodedImage& decoded) {
  if (bytes.size() > limits.max_bytes) {
    return Error(ErrorCode::ResourceExhausted,
                 fmt::format("the image file has {} bytes, at most {} are read; make the image smaller", bytes.size(),
                             limits.max_bytes));
  }
  auto header = parse_image_header(bytes);
  if (!header) return header.error();
  if (auto refusal = check_decode_limits(header.value(), bytes.size(), limits)) return refusal;
  decoded.header = std::move(header).value();
  decoded.warnings.clear();
  ReducedDecoding as_stored = how;
  if (lies_on_its_side(decoded.header)) std::swap(as_stored.min_width, as_stored.min_height);
  if (auto failure = decode_stored(bytes, as_stored, limits, decoded)) return failure;
  if (applies_orientation(decoded.header)) {
    decoded.image = apply_orientation(std::move(decoded.image), decoded.header.exif_orientation);
  }
  if (!decoded.header.complete && decoded.warnings.empty()) decoded.warnings.push_back(decoded.header.note);
  return std::nullopt;
}

}  // namespace
}  // namespace image

std::optional<Error> decode_image_reduced(std::span<const std::byte> bytes, const ReducedDecoding& how,
                                          const DecodeLimits& limits, DecodedImage& decoded) {
  try {
    return image::decode_checked(bytes, how, limits, decoded);
  } catch (const cv::Exception& exception) {
    return Error(ErrorCode::DataLoss,
                 fmt::format("the image cannot be decoded: {}; replace the file or remove it", exception.err));
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::ResourceExhausted, "there is not enough memory to decode the image; make it smaller");
  }
}

Result<DecodedImage> decode_image_with_warnings(std::span<const std::byte> bytes, const DecodeLimits& limits) {
  DecodedImage decoded;
  if (auto failure = decode_image_reduced(bytes, {}, limits, decoded)) return std::move(*failure);
  return decoded;
}

Result<ImageU8> decode_image(std::span<const std::byte> bytes, const DecodeLimits& limits) {
  DecodedImage decoded;
  if (auto failure = decode_image_reduced(bytes, {}, limits, decoded)) return std::move(*failure);
  return std::move(decoded.image);
}

void configure_image_library() {
  cv::setNumThreads(1);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
}

std::string image_library_version() {
  return cv::getVersionString();
}

}  // namespace animalctl
