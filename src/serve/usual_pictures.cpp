#include "serve/usual_pictures.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace animalctl::serve {
namespace {

// A camera that never varies would make everything unusual.
constexpr double kSmallestDeviation = 0.01;
// Versions come and go in a process that runs for months.
constexpr std::size_t kMostVersions = 64;

}  // namespace

std::array<double, UsualPictures::kMeasures> UsualPictures::measures_of(const PredictionRecord& record) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (!record.picture.statistics) return {kNone, kNone, kNone, kNone};
  const ImageStatistics& seen = *record.picture.statistics;
  // Sharpness spans powers of ten.
  return {seen.brightness, seen.contrast, seen.saturation.value_or(kNone), std::log10(1 + seen.sharpness)};
}

void UsualPictures::learn(const PredictionRecord& record) {
  if (deviations_ <= 0 || record.role == Role::Shadow || !record.picture.statistics) return;
  const auto measures = measures_of(record);
  const std::lock_guard lock(mutex_);
  const std::pair<std::string, int> key(record.model, record.version);
  if (versions_.size() >= kMostVersions && !versions_.contains(key)) versions_.clear();
  Version& version = versions_[key];
  if (version.pictures >= kLearnt) return;
  ++version.pictures;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    if (std::isnan(measures[i])) continue;
    Moments& moments = version.measures[i];
    const double off = measures[i] - moments.mean;
    moments.mean += off / static_cast<double>(++moments.count);
    moments.squares += off * (measures[i] - moments.mean);
  }
}

bool UsualPictures::is_unusual(const PredictionRecord& record) const {
  if (deviations_ <= 0 || record.role == Role::Shadow || !record.picture.statistics) return false;
  const auto measures = measures_of(record);
  const std::lock_guard lock(mutex_);
  const auto found = versions_.find({record.model, record.version});
  if (found == versions_.end() || found->second.pictures < kLearnt) return false;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    const Moments& moments = found->second.measures[i];
    // A measure that half of the pictures lack (grey ones have no saturation) says nothing.
    if (std::isnan(measures[i]) || moments.count < kLearnt / 2) continue;
    const double deviation = std::sqrt(moments.squares / static_cast<double>(moments.count));
    if (std::abs(measures[i] - moments.mean) > deviations_ * std::max(deviation, kSmallestDeviation)) return true;
  }
  return false;
}

}  // namespace animalctl::serve
