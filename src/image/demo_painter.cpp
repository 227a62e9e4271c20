#include "image/demo_painter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace animalctl::image {
namespace {

constexpr int kFractionBits = 4;
constexpr double kFixedPoint = 1 << kFractionBits;
constexpr int kEllipseCorners = 36;

Color random_color(RandomStream& random, double brightness) {
  const double spread = 45;
  const auto channel = [&] { return std::clamp(brightness + random.uniform(-spread, spread), 0.0, 255.0); };
  const double red = channel();
  const double green = channel();
  return {red, green, channel()};
}

void fill_gradient(cv::Mat& picture, const Color& top, const Color& bottom) {
  for (int y = 0; y < picture.rows; ++y) {
    const double share = static_cast<double>(y) / picture.rows;
    picture.row(y).setTo(top * (1 - share) + bottom * share);
  }
}

// Soft patches: leaves, cushions, clouds, whatever the eye makes of them.
void scatter_patches(cv::Mat& picture, RandomStream& random, double brightness) {
  const auto count = 4 + random.below(14);
  const double side = picture.cols;
  for (std::uint64_t i = 0; i < count; ++i) {
    FigurePainter::Pose pose;
    pose.center.x = random.uniform(0, side);
    pose.center.y = random.uniform(0, side);
    pose.scale = side * random.uniform(0.03, 0.2);
    pose.angle = random.uniform(0, std::numbers::pi);
    FigurePainter(picture, pose).blob({0, 0}, 1, random.uniform(0.3, 1), random_color(random, brightness));
  }
}

void paint_stripes(cv::Mat& picture, RandomStream& random, double brightness) {
  const Color color = random_color(random, brightness);
  const double gap = random.uniform(0.1, 0.3);
  FigurePainter::Pose pose;
  pose.center = {picture.cols / 2.0, picture.rows / 2.0};
  pose.scale = picture.cols;
  pose.angle = random.uniform(0, std::numbers::pi);
  FigurePainter painter(picture, pose);
  for (double x = -0.8; x < 0.8; x += gap) painter.stroke({{x, -0.8}, {x, 0.8}}, gap * 0.4, color);
}

}  // namespace

Color shade(const Color& color, double factor) {
  return {std::min(255.0, color[0] * factor), std::min(255.0, color[1] * factor), std::min(255.0, color[2] * factor)};
}

cv::Point FigurePainter::to_fixed_point(Point point) const {
  const double x = pose_.mirror ? -point.x : point.x;
  const double cosine = std::cos(pose_.angle);
  const double sine = std::sin(pose_.angle);
  const double px = pose_.center.x + pose_.scale * (x * cosine - point.y * sine);
  const double py = pose_.center.y + pose_.scale * (x * sine + point.y * cosine);
  return {static_cast<int>(std::lround(px * kFixedPoint)), static_cast<int>(std::lround(py * kFixedPoint))};
}

std::vector<cv::Point> FigurePainter::to_fixed_points(const std::vector<Point>& points) const {
  std::vector<cv::Point> fixed(points.size());
  std::transform(points.begin(), points.end(), fixed.begin(), [this](Point point) { return to_fixed_point(point); });
  return fixed;
}

void FigurePainter::blob(Point center, double radius_x, double radius_y, const Color& color, double tilt) {
  std::vector<Point> outline;
  for (int i = 0; i < kEllipseCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kEllipseCorners;
    const double x = radius_x * std::cos(angle);
    const double y = radius_y * std::sin(angle);
    outline.emplace_back(center.x + x * std::cos(tilt) - y * std::sin(tilt),
                         center.y + x * std::sin(tilt) + y * std::cos(tilt));
  }
  polygon(outline, color);
}

void FigurePainter::polygon(const std::vector<Point>& corners, const Color& color) {
  const std::vector<cv::Point> fixed = to_fixed_points(corners);
  cv::fillPoly(picture_, std::vector<std::vector<cv::Point>>{fixed}, color, cv::LINE_AA, kFractionBits);
}

void FigurePainter::stroke(const std::vector<Point>& points, double width, const Color& color) {
  const std::vector<cv::Point> fixed = to_fixed_points(points);
  const int thickness = std::max(1, static_cast<int>(std::lround(width * pose_.scale)));
  cv::polylines(picture_, fixed, false, color, thickness, cv::LINE_AA, kFractionBits);
}

void paint_background(cv::Mat& picture, RandomStream& random, double brightness) {
  const Color top = random_color(random, brightness);
  const Color bottom = random_color(random, brightness);
  switch (random.below(4)) {
    case 0:
      fill_gradient(picture, top, bottom);
      break;
    case 1:  // a wall and a floor
      picture.setTo(top);
      picture.rowRange(static_cast<int>(picture.rows * random.uniform(0.5, 0.85)), picture.rows).setTo(bottom);
      break;
    case 2:
      picture.setTo(top);
      paint_stripes(picture, random, brightness);
      break;
    default:
      fill_gradient(picture, top, bottom);
      scatter_patches(picture, random, brightness);
      break;
  }
}

void paint_occlusion(cv::Mat& picture, RandomStream& random) {
  const double side = picture.cols;
  const auto count = random.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    FigurePainter::Pose pose;
    // Near the rim more often than in the face.
    const double direction = random.uniform(0, 2 * std::numbers::pi);
    const double distance = side * random.uniform(0.22, 0.55);
    pose.center = {side / 2 + distance * std::cos(direction), side / 2 + distance * std::sin(direction)};
    pose.scale = side * random.uniform(0.04, 0.13);
    pose.angle = random.uniform(0, std::numbers::pi);
    FigurePainter painter(picture, pose);
    const Color color = random_color(random, random.uniform(40, 220));
    if (random.below(2) == 0) {
      painter.blob({0, 0}, 1, random.uniform(0.4, 1), color);
    } else {
      painter.stroke({{-3, 0}, {0, random.uniform(-0.6, 0.6)}, {3, 0}}, random.uniform(0.2, 0.6), color);
    }
  }
}

void apply_light(cv::Mat& picture, RandomStream& random) {
  const double direction = random.uniform(0, 2 * std::numbers::pi);
  const double strength = random.uniform(0, 0.5);
  const double level = random.uniform(0.65, 1.15);
  const double tint[3] = {random.uniform(0.9, 1.1), random.uniform(0.95, 1.05), random.uniform(0.9, 1.1)};
  const double step_x = std::cos(direction) * strength / picture.cols;
  const double step_y = std::sin(direction) * strength / picture.rows;
  for (int y = 0; y < picture.rows; ++y) {
    std::uint8_t* row = picture.ptr<std::uint8_t>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const double light = level * (1 + step_x * (x - picture.cols / 2.0) + step_y * (y - picture.rows / 2.0));
      for (int channel = 0; channel < 3; ++channel, ++row) {
        *row = static_cast<std::uint8_t>(std::min(255.0, *row * light * tint[channel]));
      }
    }
  }
}

void apply_blur_and_noise(cv::Mat& picture, RandomStream& random) {
  if (random.uniform() < 0.4) {
    const double sigma = random.uniform(0.4, 1.6) * picture.cols / 200;
    cv::GaussianBlur(picture, picture, {0, 0}, std::max(0.1, sigma));
  }
  // The sum of two random bytes: triangular noise, eight bytes a random number.
  const int strength = static_cast<int>(random.below(40));
  for (int y = 0; y < picture.rows; ++y) {
    std::uint8_t* row = picture.ptr<std::uint8_t>(y);
    std::uint64_t bits = 0;
    for (int i = 0; i < picture.cols * 3; ++i) {
      if (i % 4 == 0) bits = random.next();
      const int noise = static_cast<int>(bits & 255) + static_cast<int>(bits >> 8 & 255) - 255;
      bits >>= 16;
      row[i] = static_cast<std::uint8_t>(std::clamp(row[i] + noise * strength / 256, 0, 255));
    }
  }
}

}  // namespace animalctl::image
