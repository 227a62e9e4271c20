#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "serve/prediction_sink.h"

namespace animalctl::serve {

// What pictures of a version usually look like, learnt from the first ones it answers since the start of the process:
// mean and standard deviation of each measure (image/image_statistics.h). Tells which later ones lie far outside: a new
// camera, a lens cap, a screenshot. Thread-safe.
class UsualPictures {
 public:
  // Pictures of a version that are learnt from; none is unusual before.
  static constexpr std::uint64_t kLearnt = 500;

  // `deviations`: how far out a measure must lie; 0: nothing is unusual and nothing is learnt.
  explicit UsualPictures(double deviations) : deviations_(deviations) {}

  // Learns from an answered picture, until it has seen enough.
  void learn(const PredictionRecord& record);
  bool is_unusual(const PredictionRecord& record) const;

 private:
  static constexpr std::size_t kMeasures = 4;
  struct Moments {
    std::uint64_t count = 0;
    double mean = 0;
    double squares = 0;  // sum of squared differences from the mean (Welford, Technometrics 1962)
  };
  struct Version {
    std::uint64_t pictures = 0;
    std::array<Moments, kMeasures> measures;
  };
  // NaN where it was not measured.
  static std::array<double, kMeasures> measures_of(const PredictionRecord& record);

  const double deviations_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, Version> versions_;
};

}  // namespace animalctl::serve
