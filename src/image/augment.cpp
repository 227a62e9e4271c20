#include "animalctl/image/augment.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "animalctl/base/error.h"
#include "animalctl/image/transform.h"
#include "image/opencv_bridge.h"

namespace animalctl {
namespace {

constexpr double kErasedGrey = 127;
constexpr double kWidestAspect = 4.0 / 3;

// Drawn in a fixed order and always all, so that one range being zero does not shift the others' numbers.
struct Draw {
  bool flip;
  double angle, zoom, shift_x, shift_y;
  double brightness, contrast, saturation;
  bool erase;
  double erase_area, erase_aspect, erase_x, erase_y;
};

Draw draw_changes(const AugmentationRange& range, RandomStream& random) {
  Draw draw{};
  const auto around = [&](double center, double reach) { return random.uniform(center - reach, center + reach); };
  draw.flip = random.uniform() < range.flip_probability;
  draw.angle = around(0, range.max_rotation_degrees);
  draw.zoom = around(1, range.max_zoom);
  draw.shift_x = around(0, range.max_shift);
  draw.shift_y = around(0, range.max_shift);
  draw.brightness = around(1, range.max_brightness);
  draw.contrast = around(1, range.max_contrast);
  draw.saturation = around(1, range.max_saturation);
  draw.erase = random.uniform() < range.erase_probability;
  draw.erase_area = random.uniform(0.02, 0.2);
  draw.erase_aspect = random.uniform(0.4, 2.5);
  draw.erase_x = random.uniform();
  draw.erase_y = random.uniform();
  return draw;
}

void mirror(cv::Mat& pixels) {
  cv::Mat mirrored;
  cv::flip(pixels, mirrored, 1);
  pixels = mirrored;
}

void move_pixels(cv::Mat& pixels, const Draw& draw) {
  const cv::Point2f center(static_cast<float>(pixels.cols) / 2, static_cast<float>(pixels.rows) / 2);
  cv::Mat transform = cv::getRotationMatrix2D(center, draw.angle, draw.zoom);
  transform.at<double>(0, 2) += draw.shift_x * pixels.cols;
  transform.at<double>(1, 2) += draw.shift_y * pixels.rows;
  cv::Mat moved;
  cv::warpAffine(pixels, moved, transform, pixels.size(), cv::INTER_LINEAR, cv::BORDER_REFLECT_101);
  pixels = moved;
  if (draw.flip) mirror(pixels);
}

// Saturation, contrast, brightness, one after the other; together one matrix on (R, G, B, 1), rounded once.
void change_colours(cv::Mat& pixels, const Draw& draw) {
  const double grey_of[] = {0.299, 0.587, 0.114};
  const cv::Scalar mean = cv::mean(pixels);
  const double mean_grey = grey_of[0] * mean[0] + grey_of[1] * mean[1] + grey_of[2] * mean[2];
  const double gain = draw.brightness * draw.contrast;
  cv::Matx34f colours;
  for (int to = 0; to < 3; ++to) {
    for (int from = 0; from < 3; ++from) {
      const double own = from == to ? draw.saturation : 0;
      colours(to, from) = static_cast<float>(gain * (own + (1 - draw.saturation) * grey_of[from]));
    }
    colours(to, 3) = static_cast<float>(draw.brightness * (1 - draw.contrast) * mean_grey);
  }
  cv::transform(pixels, pixels, colours);
}

void erase_rectangle(cv::Mat& pixels, const Draw& draw) {
  const double area = draw.erase_area * pixels.cols * pixels.rows;
  const int width = std::clamp(static_cast<int>(std::sqrt(area * draw.erase_aspect)), 1, pixels.cols);
  const int height = std::clamp(static_cast<int>(std::sqrt(area / draw.erase_aspect)), 1, pixels.rows);
  const int left = static_cast<int>(draw.erase_x * (pixels.cols - width));
  const int top = static_cast<int>(draw.erase_y * (pixels.rows - height));
  pixels(cv::Rect(left, top, width, height)).setTo(cv::Scalar::all(kErasedGrey));
}

// Where the image is too flat for the aspect that was drawn the part is as wide, or as high, as the image.
ImageU8 draw_part(const ImageU8& image, double min_area, RandomStream& random) {
  const double area = random.uniform(min_area, 1);
  const double aspect = std::exp(random.uniform(-std::log(kWidestAspect), std::log(kWidestAspect)));
  const int width = std::clamp(static_cast<int>(std::lround(image.width * std::sqrt(area * aspect))), 1, image.width);
  const int height =
      std::clamp(static_cast<int>(std::lround(image.height * std::sqrt(area / aspect))), 1, image.height);
  const int left = static_cast<int>(random.uniform() * (image.width - width + 1));
  const int top = static_cast<int>(random.uniform() * (image.height - height + 1));
  ImageU8 part = image::make_image(height, width, image.channels);
  cv::Mat target = image::view_of(part);
  image::view_of(image)(cv::Rect(left, top, width, height)).copyTo(target);
  return part;
}

void require_colour(const ImageU8& image) {
  image::require_image(image, "augment");
  if (image.channels != 3) throw Error(ErrorCode::InvalidArgument, "cannot augment: an RGB image is needed");
}

}  // namespace

AugmentationRange light_augmentation() {
  AugmentationRange range;
  range.flip_probability = 0.5;
  range.max_rotation_degrees = 5;
  range.max_zoom = 0.08;
  range.max_shift = 0.06;
  range.max_brightness = 0.1;
  range.max_contrast = 0.1;
  range.max_saturation = 0.1;
  return range;
}

AugmentationRange strong_augmentation() {
  AugmentationRange range;
  range.flip_probability = 0.5;
  range.max_rotation_degrees = 15;
  range.max_zoom = 0.25;
  range.max_shift = 0.12;
  range.max_brightness = 0.3;
  range.max_contrast = 0.3;
  range.max_saturation = 0.4;
  range.erase_probability = 0.25;
  return range;
}

// What stays of an animal at a third of the area is enough to tell what it is, and is new each time.
AugmentationRange crop_augmentation() {
  AugmentationRange range;
  range.flip_probability = 0.5;
  range.min_area = 0.35;
  range.max_brightness = 0.3;
  range.max_contrast = 0.3;
  range.max_saturation = 0.4;
  range.erase_probability = 0.25;
  return range;
}

ImageU8 augment_part(const ImageU8& image, const AugmentationRange& range, RandomStream& random, int width,
                     int height) {
  require_colour(image);
  ImageU8 result = resize_area(draw_part(image, range.min_area, random), width, height);
  const Draw draw = draw_changes(range, random);
  cv::Mat pixels = image::view_of(result).clone();
  if (draw.flip) mirror(pixels);
  change_colours(pixels, draw);
  if (draw.erase) erase_rectangle(pixels, draw);
  pixels.copyTo(image::view_of(result));
  return result;
}

ImageU8 augment(const ImageU8& image, const AugmentationRange& range, RandomStream& random) {
  require_colour(image);
  if (range.min_area < 1) return augment_part(image, range, random, image.width, image.height);
  const Draw draw = draw_changes(range, random);
  ImageU8 result = image;
  cv::Mat pixels = image::view_of(result).clone();
  move_pixels(pixels, draw);
  change_colours(pixels, draw);
  if (draw.erase) erase_rectangle(pixels, draw);
  pixels.copyTo(image::view_of(result));
  return result;
}

}  // namespace animalctl
