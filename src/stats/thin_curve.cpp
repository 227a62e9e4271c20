#include "stats/thin_curve.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

namespace animalctl {
namespace {

// Distances below are rounding, not shape: coordinates are shares in 0..1.
constexpr double kStraight = 1e-9;

// A stretch between two kept points and the point in it that is farthest from their line.
struct Stretch {
  double distance = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t farthest = 0;

  // At equal distance the earlier stretch goes first, so that the result is one.
  bool operator<(const Stretch& other) const {
    return distance != other.distance ? distance < other.distance : begin > other.begin;
  }
};

Stretch measure(std::span<const CurvePoint> points, std::size_t begin, std::size_t end) {
  Stretch stretch{0, begin, end, begin};
  const double dx = points[end].x - points[begin].x;
  const double dy = points[end].y - points[begin].y;
  const double length = std::hypot(dx, dy);
  for (std::size_t i = begin + 1; i < end; ++i) {
    const double px = points[i].x - points[begin].x;
    const double py = points[i].y - points[begin].y;
    const double distance = length > 0 ? std::abs(dx * py - dy * px) / length : std::hypot(px, py);
    if (distance > stretch.distance) {
      stretch.distance = distance;
      stretch.farthest = i;
    }
  }
  return stretch;
}

}  // namespace

std::vector<std::size_t> thin_curve(std::span<const CurvePoint> points, std::size_t max_points) {
  std::vector<std::size_t> kept;
  if (points.size() < 3) {
    kept.resize(points.size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
    return kept;
  }
  kept = {0, points.size() - 1};
  std::priority_queue<Stretch> stretches;
  stretches.push(measure(points, 0, points.size() - 1));
  while (kept.size() < max_points && stretches.top().distance > kStraight) {
    const Stretch widest = stretches.top();
    stretches.pop();
    kept.push_back(widest.farthest);
    stretches.push(measure(points, widest.begin, widest.farthest));
    stretches.push(measure(points, widest.farthest, widest.end));
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

}  // namespace animalctl
