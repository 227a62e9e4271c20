#include "serve/model_version.h"

#include <nlohmann/json.hpp>

#include "support/catch_compat.h"
#include "support/fake_serving_model.h"

namespace animalctl::serve {
namespace {

VersionFacts animal_facts() {
  VersionFacts facts;
  facts.model = "animal";
  facts.version = "1.0";
  return facts;
}

TEST_CASE("a picture is answered with its score, size and batch", "[serve][model_version]") {
  ModelVersion version(animal_facts(), std::make_unique<test::FakeServingModel>(), {}, {});
  test::require_error(ErrorCode::Unavailable, "has no worker", [&] { version.predict(test::fake_picture(51), {}); });
  version.scale(1, 1);
  const Prediction prediction = version.predict(test::fake_picture(51), {});
  REQUIRE(prediction.scores.size() == 1);
  CHECK(prediction.scores[0] == 0.2F);
  CHECK(prediction.picture.width == 2);
  CHECK(prediction.batch == 1);
}

}  // namespace
}  // namespace animalctl::serve
