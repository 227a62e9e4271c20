#include "drift/simulated_traffic.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "animalctl/base/digest.h"

namespace animalctl::drift::test {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kFirst = std::int64_t{20'000} * kDay;
// Standard deviations of a picture's brightness, and of what a day and an hour add to its mean.
constexpr double kPictureLight = 0.12;
constexpr double kDayLight = 0.012;
constexpr double kHourLight = 0.012;
constexpr double kDayClasses = 0.02;

}  // namespace

lake::PredictionRow Traffic::answer(std::int64_t at_ms, const World& world, double light) {
  lake::PredictionRow row;
  row.request_id = fmt::format("r{:012}", next_id_);
  row.role = "current";
  row.at_ms = at_ms;
  row.image = sha256(fmt::format("picture {}", next_id_++)).hex();
  row.model = "animal";
  row.version = 1;
  const bool is_dog = random_.uniform() < world.dog_share;
  const double margin = world.certainty * 2.2 * (is_dog ? 1 : -1) + 1.2 * random_.normal();
  row.score = 1 / (1 + std::exp(-margin));
  row.confidence = std::max(*row.score, 1 - *row.score);
  row.label = *row.score >= 0.5 ? "DOG" : "CAT";
  row.width = world.width;
  row.height = world.height;
  row.image_bytes = 40'000;
  const double brightness = std::clamp(world.brightness + light + kPictureLight * random_.normal(), 0.0, 1.0);
  row.measures.brightness = brightness;
  row.measures.contrast = std::clamp(0.45 * brightness + 0.04 * random_.normal(), 0.0, 0.5);
  row.measures.saturation = std::clamp(0.35 + 0.1 * random_.normal(), 0.0, 1.0);
  row.measures.sharpness = world.sharpness * std::exp(0.7 * random_.normal());
  row.total_ms = 3;
  return row;
}

std::vector<lake::PredictionRow> Traffic::day(std::int64_t day, std::size_t count, const World& world) {
  const double light = kDayLight * random_.normal();
  World today = world;
  today.dog_share = std::clamp(world.dog_share + kDayClasses * random_.normal(), 0.0, 1.0);
  std::vector<lake::PredictionRow> rows;
  rows.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(count);
    const double hour = kHourLight * std::sin(2 * std::numbers::pi * part) * std::numbers::sqrt2;
    rows.push_back(answer(kFirst + day * kDay + static_cast<std::int64_t>(part * kDay), today, light + hour));
  }
  return rows;
}

}  // namespace animalctl::drift::test
