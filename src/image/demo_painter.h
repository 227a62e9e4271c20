#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "animalctl/base/random.h"

namespace animalctl::image {

using Color = cv::Scalar;  // RGB, 0..255
using Point = cv::Point2d;

// Returns the colour made darker (below 1) or lighter (above 1).
Color shade(const Color& color, double factor);

// Paints smooth shapes on an RGB picture in the coordinates of a figure: the origin is the middle of the
// head, 1 is its radius, x goes right and y down; the pose says where that lies in the picture.
class FigurePainter {
 public:
  struct Pose {
    Point center;      // pixels
    double scale = 1;  // pixels a unit
    double angle = 0;  // radians, clockwise
    bool mirror = false;
  };

  FigurePainter(cv::Mat& picture, const Pose& pose) : picture_(picture), pose_(pose) {}

  // An ellipse turned by `tilt` radians.
  void blob(Point center, double radius_x, double radius_y, const Color& color, double tilt = 0);
  void polygon(const std::vector<Point>& corners, const Color& color);
  // A line through the points; the width is in units.
  void stroke(const std::vector<Point>& points, double width, const Color& color);

 private:
  // Pixels in 1/16, as OpenCV's drawing functions take them.
  cv::Point to_fixed_point(Point point) const;
  std::vector<cv::Point> to_fixed_points(const std::vector<Point>& points) const;

  cv::Mat picture_;
  Pose pose_;
};

// Backgrounds and the last touches; each takes its variety from `random`.
void paint_background(cv::Mat& picture, RandomStream& random, double brightness);
void paint_occlusion(cv::Mat& picture, RandomStream& random);
void apply_light(cv::Mat& picture, RandomStream& random);
void apply_blur_and_noise(cv::Mat& picture, RandomStream& random);

}  // namespace animalctl::image
