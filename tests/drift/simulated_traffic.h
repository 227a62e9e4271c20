#pragma once

#include <cstdint>
#include <vector>

#include "animalctl/base/random.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::drift::test {

// What a simulated camera and model do.
struct World {
  double dog_share = 0.5;
  double brightness = 0.5;  // mean; the rest follows
  double sharpness = 300;
  double certainty = 1;  // 1: right and sure; 0: guesses
  std::int64_t width = 640;
  std::int64_t height = 480;
};

// Answers of a model on a stream of different pictures, a function of the seed alone. Not quite the same from day to
// day and hour to hour: each day has a light and a mix of classes of its own, and within a day the light comes and
// goes.
class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : random_(seed, "simulated traffic") {}

  // The answers of one day, `count` of them, evenly spread over it.
  std::vector<lake::PredictionRow> day(std::int64_t day, std::size_t count, const World& world = {});

  std::size_t below(std::size_t bound) { return random_.below(bound); }

 private:
  lake::PredictionRow answer(std::int64_t at_ms, const World& world, double light);

  RandomStream random_;
  std::uint64_t next_id_ = 0;
};

}  // namespace animalctl::drift::test
