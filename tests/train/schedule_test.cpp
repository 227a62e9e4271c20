#include "train/schedule.h"

#include <cmath>

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

TrainConfig config_of(ScheduleKind kind, int epochs) {
  TrainConfig config;
  config.schedule = kind;
  config.num_epochs = epochs;
  config.learning_rate = 0.1;
  return config;
}

bool near(double a, double b) {
  return std::abs(a - b) < 1e-12;
}

}  // namespace

TEST_CASE("a constant schedule keeps the rate and a warm-up rises to it") {
  TrainConfig config = config_of(ScheduleKind::Constant, 4);
  CHECK(Schedule(config, 10).learning_rate(0) == 0.1);
  CHECK(Schedule(config, 10).learning_rate(39) == 0.1);
  config.warmup_epochs = 0.5;
  const Schedule schedule(config, 10);
  CHECK(near(schedule.learning_rate(0), 0.02));
  CHECK(near(schedule.learning_rate(4), 0.1));
  CHECK(schedule.learning_rate(5) == 0.1);
}

TEST_CASE("a cosine schedule falls from the rate to zero") {
  const Schedule schedule(config_of(ScheduleKind::Cosine, 2), 10);
  CHECK(near(schedule.learning_rate(0), 0.1));
  CHECK(near(schedule.learning_rate(10), 0.05));
  CHECK(near(schedule.learning_rate(20), 0.0));
}

TEST_CASE("one-cycle starts at a 25th, peaks at 30 percent and ends near zero") {
  const Schedule schedule(config_of(ScheduleKind::OneCycle, 10), 10);
  CHECK(near(schedule.learning_rate(0), 0.1 / 25));
  CHECK(near(schedule.learning_rate(30), 0.1));
  CHECK(near(schedule.learning_rate(100), 0.1 / 25e4));
}

TEST_CASE("plateau lowers the rate after three epochs without a better loss and can be restored") {
  Schedule schedule(config_of(ScheduleKind::Plateau, 10), 10);
  schedule.epoch_ended(1.0);
  for (int i = 0; i < 2; ++i) schedule.epoch_ended(1.0);
  CHECK(schedule.learning_rate(30) == 0.1);
  schedule.epoch_ended(1.5);
  CHECK(near(schedule.learning_rate(40), 0.01));
  Schedule other(config_of(ScheduleKind::Plateau, 10), 10);
  other.restore(schedule.plateau());
  CHECK(near(other.learning_rate(40), 0.01));
}

}  // namespace animalctl::test
