#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace animalctl {

struct CurvePoint {
  double x = 0;
  double y = 0;
};

// Indices of the at most `max_points` (>= 2) points, rising, that keep the curve's shape: both ends, then again and
// again the point farthest from the line between its kept neighbours (Douglas and Peucker 1973, stopped by count).
// Points on such a line are never kept. Fewer than three points are all kept.
std::vector<std::size_t> thin_curve(std::span<const CurvePoint> points, std::size_t max_points);

}  // namespace animalctl
