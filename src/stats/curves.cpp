#include "animalctl/stats/curves.h"

#include <limits>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "stats/thin_curve.h"
#include "stats/tie_groups.h"

namespace animalctl {
namespace {

struct Totals {
  double positives = 0;
  double negatives = 0;
};

Totals totals_of(std::span<const TieGroup> groups) {
  Totals totals;
  for (const TieGroup& group : groups) {
    totals.positives += static_cast<double>(group.positives);
    totals.negatives += static_cast<double>(group.negatives);
  }
  return totals;
}

void require_two_points(std::size_t max_points) {
  if (max_points < 2) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot draw a curve with at most {} points; at least 2", max_points));
  }
}

template <typename Point, typename Position>
std::vector<Point> thinned(const std::vector<Point>& points, std::size_t max_points, Position position) {
  std::vector<CurvePoint> positions;
  positions.reserve(points.size());
  for (const Point& point : points) positions.push_back(position(point));
  std::vector<Point> kept;
  for (const std::size_t index : thin_curve(positions, max_points)) kept.push_back(points[index]);
  return kept;
}

}  // namespace

std::vector<RocPoint> roc_curve(std::span<const float> scores, std::span<const std::uint8_t> is_positive,
                                std::size_t max_points) {
  require_two_points(max_points);
  const std::vector<TieGroup> groups = tie_groups(scores, is_positive);
  const Totals totals = totals_of(groups);
  if (totals.positives == 0 || totals.negatives == 0) return {};
  std::vector<RocPoint> points{{std::numeric_limits<double>::infinity(), 0, 0}};
  Totals called;
  for (const TieGroup& group : groups) {
    called.positives += static_cast<double>(group.positives);
    called.negatives += static_cast<double>(group.negatives);
    points.push_back(
        {static_cast<double>(group.score), called.negatives / totals.negatives, called.positives / totals.positives});
  }
  return thinned(points, max_points, [](const RocPoint& point) {
    return CurvePoint{point.false_positive_rate, point.true_positive_rate};
  });
}

std::vector<PrecisionRecallPoint> precision_recall_curve(std::span<const float> scores,
                                                         std::span<const std::uint8_t> is_positive,
                                                         std::size_t max_points) {
  require_two_points(max_points);
  const std::vector<TieGroup> groups = tie_groups(scores, is_positive);
  const Totals totals = totals_of(groups);
  if (totals.positives == 0) return {};
  std::vector<PrecisionRecallPoint> points{{std::numeric_limits<double>::infinity(), 0, 1}};
  Totals called;
  for (const TieGroup& group : groups) {
    called.positives += static_cast<double>(group.positives);
    called.negatives += static_cast<double>(group.negatives);
    points.push_back({static_cast<double>(group.score), called.positives / totals.positives,
                      called.positives / (called.positives + called.negatives)});
    // Lower thresholds only lose precision at the same recall.
    if (called.positives == totals.positives) break;
  }
  return thinned(points, max_points, [](const PrecisionRecallPoint& point) {
    return CurvePoint{point.recall, point.precision};
  });
}

}  // namespace animalctl
