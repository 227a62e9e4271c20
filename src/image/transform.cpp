#include "animalctl/image/transform.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "image/area_shrink.h"
#include "image/opencv_bridge.h"

namespace animalctl {
namespace image {

void require_image(const ImageU8& image, const char* purpose) {
  const bool consistent = image.height > 0 && image.width > 0 && image.pixels.size() == image.size();
  if (consistent && (image.channels == 1 || image.channels == 3)) return;
  throw Error(
      ErrorCode::InvalidArgument,
      fmt::format("cannot {} an image of {} x {} x {} with {} bytes; it needs 1 or 3 channels and all its pixels",
                  purpose, image.height, image.width, image.channels, image.pixels.size()));
}

namespace {

constexpr int kMaxSide = 65535;

Bytes encode(const ImageU8& source, const char* extension, const std::vector<int>& parameters) {
  std::vector<std::uint8_t> encoded;
  bool done = false;
  try {
    cv::Mat bgr = view_of(source);
    if (source.channels == 3) {
      cv::Mat swapped;
      cv::cvtColor(bgr, swapped, cv::COLOR_RGB2BGR);
      bgr = swapped;
    }
    done = cv::imencode(extension, bgr, encoded, parameters);
  } catch (const cv::Exception& exception) {
    throw Error(ErrorCode::Internal, fmt::format("encoding a {} image failed: {}", extension, exception.err));
  }
  if (!done) throw Error(ErrorCode::Internal, fmt::format("encoding a {} image failed", extension));
  const auto bytes = std::as_bytes(std::span(encoded));
  return {bytes.begin(), bytes.end()};
}

ImageU8 resize_part(const cv::Mat& part, int width, int height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("cannot resize an image to {} x {}; sides of 1 to {} are accepted", width, height, kMaxSide));
  }
  ImageU8 result = make_image(height, width, part.channels());
  const RgbView view{part.data, part.step[0], part.cols, part.rows};
  if (part.channels() == 3 && can_area_shrink(view, width, height)) {
    area_shrink(view, width, height, result.pixels);
    return result;
  }
  cv::Mat target = view_of(result);
  cv::resize(part, target, target.size(), 0, 0, cv::INTER_AREA);
  return result;
}

}  // namespace
}  // namespace image

ImageU8 resize_area(const ImageU8& source, int width, int height) {
  image::require_image(source, "resize");
  return image::resize_part(image::view_of(source), width, height);
}

ImageU8 resize_centre(const ImageU8& source, int width, int height, double share) {
  image::require_image(source, "resize");
  if (!(share > 0 && share <= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot take {} of an image's centre; a share above 0 and at most 1 is accepted", share));
  }
  const double scale = share * std::min(static_cast<double>(source.width) / std::max(1, width),
                                        static_cast<double>(source.height) / std::max(1, height));
  const int taken_width = std::clamp(static_cast<int>(std::lround(width * scale)), 1, source.width);
  const int taken_height = std::clamp(static_cast<int>(std::lround(height * scale)), 1, source.height);
  const cv::Rect centre((source.width - taken_width) / 2, (source.height - taken_height) / 2, taken_width,
                        taken_height);
  return image::resize_part(image::view_of(source)(centre), width, height);
}

ImageU8 resize_within(const ImageU8& source, int longest_side) {
  image::require_image(source, "resize");
  if (longest_side < 1) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot fit an image into {} pixels; at least 1 is needed", longest_side));
  }
  const int longer = std::max(source.width, source.height);
  if (longer <= longest_side) return source;
  const double factor = static_cast<double>(longest_side) / longer;
  const auto scaled = [factor](int side) { return std::max(1, static_cast<int>(std::lround(side * factor))); };
  return image::resize_part(image::view_of(source), scaled(source.width), scaled(source.height));
}

ImageU8 to_grey(const ImageU8& source) {
  image::require_image(source, "make grey");
  if (source.channels == 1) return source;
  ImageU8 result = image::make_image(source.height, source.width, 1);
  cv::Mat target = image::view_of(result);
  cv::cvtColor(image::view_of(source), target, cv::COLOR_RGB2GRAY);
  return result;
}

Bytes encode_png(const ImageU8& source) {
  image::require_image(source, "encode");
  return image::encode(source, ".png", {cv::IMWRITE_PNG_COMPRESSION, 6});
}

Bytes encode_jpeg(const ImageU8& source, int quality) {
  image::require_image(source, "encode");
  if (quality < 1 || quality > 100) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("JPEG quality {} is not in 1..100", quality));
  }
  return image::encode(source, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

}  // namespace animalctl
