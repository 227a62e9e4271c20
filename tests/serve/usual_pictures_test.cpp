#include "serve/usual_pictures.h"

#include "animalctl/base/random.h"
#include "support/catch_compat.h"

namespace animalctl::serve {
namespace {

PredictionRecord looks(double brightness, std::optional<double> saturation = 0.4, int version = 1) {
  PredictionRecord record;
  record.model = "animal";
  record.version = version;
  record.picture.statistics = ImageStatistics{brightness, 0.2, saturation, 300};
  return record;
}

void teach(UsualPictures& usual, std::uint64_t count, int version = 1) {
  RandomStream random(1, "usual pictures");
  for (std::uint64_t i = 0; i < count; ++i) usual.learn(looks(0.5 + 0.1 * random.normal(), 0.4, version));
}

TEST_CASE("a picture far outside of what a version has met is unusual", "[review]") {
  UsualPictures usual(5);
  CHECK_FALSE(usual.is_unusual(looks(0)));
  teach(usual, UsualPictures::kLearnt - 1);
  CHECK_FALSE(usual.is_unusual(looks(-3)));
  teach(usual, 1);
  CHECK(usual.is_unusual(looks(1.1)));
  CHECK(usual.is_unusual(looks(-0.1)));
  CHECK_FALSE(usual.is_unusual(looks(0.9)));
  CHECK(usual.is_unusual(looks(0.5, 0.9)));
  CHECK_FALSE(usual.is_unusual(looks(0.5, 0.41)));
  // What it has learnt stays: a camera that changes slowly is noticed.
  for (int i = 0; i < 5000; ++i) usual.learn(looks(1.1));
  CHECK(usual.is_unusual(looks(1.1)));
  // Another version has not met anything.
  CHECK_FALSE(usual.is_unusual(looks(1.1, 0.4, 2)));
}

TEST_CASE("nothing is unusual for shadows, without measures, or when it is switched off", "[review]") {
  UsualPictures usual(5);
  teach(usual, UsualPictures::kLearnt);
  PredictionRecord shadow = looks(1.1);
  shadow.role = Role::Shadow;
  CHECK_FALSE(usual.is_unusual(shadow));
  PredictionRecord unmeasured = looks(1.1);
  unmeasured.picture.statistics.reset();
  CHECK_FALSE(usual.is_unusual(unmeasured));
  UsualPictures off(0);
  teach(off, UsualPictures::kLearnt);
  CHECK_FALSE(off.is_unusual(looks(1.1)));
}

TEST_CASE("a measure that few pictures had is not looked at", "[review]") {
  UsualPictures usual(5);
  for (std::uint64_t i = 0; i < UsualPictures::kLearnt; ++i) {
    usual.learn(looks(0.5, i < 10 ? std::optional(0.4) : std::nullopt));
  }
  CHECK_FALSE(usual.is_unusual(looks(0.5, 0.9)));
  CHECK(usual.is_unusual(looks(0.6, 0.9)));
}

TEST_CASE("many versions are not kept for ever", "[review]") {
  UsualPictures usual(5);
  teach(usual, UsualPictures::kLearnt);
  for (int version = 2; version < 70; ++version) usual.learn(looks(0.5, 0.4, version));
  CHECK_FALSE(usual.is_unusual(looks(1.1)));
}

}  // namespace
}  // namespace animalctl::serve
