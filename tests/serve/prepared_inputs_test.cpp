// Inputs that need no decoding: tensors of pixels and prepared ones.
#include <cmath>
#include <nlohmann/json.hpp>

#include "serve/model_version.h"
#include "support/catch_compat.h"
#include "support/fake_serving_model.h"

namespace animalctl::serve {
namespace {

using namespace std::chrono_literals;

// A version with a short queue over a fake model; its gate lets one picture be prepared at a time.
struct InputFixture {
  InputFixture() : version(facts(), std::make_unique<test::FakeServingModel>(control), settings(), {}, gate) {
    version.scale(1, 1);
  }
  static VersionFacts facts() {
    VersionFacts facts;
    facts.model = "animal";
    facts.version = "1.0";
    return facts;
  }
  static VersionSettings settings() {
    VersionSettings settings;
    settings.batch_size = 2;
    settings.job_queue_size = 3;
    return settings;
  }

  std::shared_ptr<test::FakeModelControl> control = std::make_shared<test::FakeModelControl>();
  std::shared_ptr<batching::CoreGate> gate = std::make_shared<batching::CoreGate>(1);
  ModelVersion version;
};

// Pictures of 1 × 2 grey pixels, the first of which is what the fake model looks at.
std::vector<std::uint8_t> grey_pairs(const std::vector<int>& values) {
  std::vector<std::uint8_t> pixels;
  for (const int value : values) {
    pixels.push_back(static_cast<std::uint8_t>(value));
    pixels.push_back(200);
  }
  return pixels;
}

PixelPictures pictures_of(const std::vector<std::uint8_t>& pixels) {
  return {pixels.size() / 2, 1, 2, 1, pixels};
}

}  // namespace

// Twenty answers in their order, of which the eighth is a failure of its own.
void require_all_but_the_eighth(const std::vector<Result<Prediction>>& results) {
  REQUIRE(results.size() == 20);
  for (std::size_t i = 0; i < results.size(); ++i) {
    INFO("image " << i);
    if (i == 7) {
      CHECK(results[i].error().code() == ErrorCode::Internal);
      continue;
    }
    REQUIRE(results[i].ok());
    CHECK(results[i].value().scores[0] == static_cast<float>(30 + i) / 255);
    CHECK(results[i].value().picture.width == 0);
    CHECK(results[i].value().decode >= 0ns);
  }
}

TEST_CASE("a prepared input is run as it is, and its size is checked", "[serve][model_version]") {
  InputFixture fixture;
  fixture.version.scale(1, 1);
  std::vector<float> input(256);
  input[0] = 51;
  const Prediction prediction = fixture.version.predict_prepared(input, {});
  CHECK(prediction.scores[0] == 0.2F);
  CHECK(prediction.picture.width == 0);
  test::require_error(ErrorCode::InvalidArgument, "takes 256 numbers, 3 were given", [&] {
    fixture.version.predict_prepared({1, 2, 3}, {});
  });
  for (const float value : {std::nanf(""), INFINITY}) {
    input[100] = value;
    test::require_error(ErrorCode::InvalidArgument, "takes finite numbers",
                        [&] { fixture.version.predict_prepared(input, {}); });
    const std::vector<std::vector<float>> inputs{input};
    test::require_error(ErrorCode::InvalidArgument, "takes finite numbers",
                        [&] { fixture.version.predict_prepared_many(inputs, {}); });
  }
}

TEST_CASE("several prepared inputs have their answers in their order, more than the queue holds",
          "[serve][model_version]") {
  InputFixture fixture;
  std::vector<std::vector<float>> inputs(20, std::vector<float>(256));
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i][0] = static_cast<float>(30 + i);
  inputs[7][0] = 13;
  const auto results = fixture.version.predict_prepared_many(inputs, {});
  require_all_but_the_eighth(results);
  CHECK(fixture.version.queued() == 0);
  CHECK(fixture.version.predict_prepared_many({}, {}).empty());
  fixture.version.scale(0, 0);
  for (const auto& result : fixture.version.predict_prepared_many(inputs, {})) {
    CHECK(result.error().code() == ErrorCode::Unavailable);
  }
}

TEST_CASE("pictures sent as pixels have their answers in their order, more than the queue holds",
          "[serve][model_version]") {
  InputFixture fixture;
  std::vector<int> values;
  for (int i = 0; i < 20; ++i) values.push_back(30 + i);
  values[7] = 13;
  const std::vector<std::uint8_t> pixels = grey_pairs(values);
  const auto results = fixture.version.predict_pixels_many(pictures_of(pixels), {});
  require_all_but_the_eighth(results);
  PixelPictures short_of_one = pictures_of(pixels);
  short_of_one.count = 21;
  test::require_error(ErrorCode::InvalidArgument, "21 pictures of 2 values need 42 values, 40 were given",
                      [&] { fixture.version.predict_pixels_many(short_of_one, {}); });
  const auto empty = fixture.version.predict_pixels_many({1, 0, 2, 1, {}}, {});
  REQUIRE(empty.size() == 1);
  CHECK(empty[0].error().code() == ErrorCode::InvalidArgument);
  CHECK(fixture.version.queued() == 0);
}

TEST_CASE("pictures sent as pixels wait for their turn among those that are decoded", "[serve][model_version]") {
  InputFixture fixture;
  std::atomic<int> prepared{0};
  fixture.control->on_prepare = [&] { ++prepared; };
  const std::vector<std::uint8_t> pixels = grey_pairs({51, 102});
  REQUIRE(fixture.gate->enter(Clock::now() + 5s));
  RequestLimits limits;
  limits.deadline = Clock::now() + 5ms;
  for (const auto& result : fixture.version.predict_pixels_many(pictures_of(pixels), limits)) {
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code() == ErrorCode::DeadlineExceeded);
  }
  CHECK(prepared == 0);
  CHECK(fixture.version.queued() == 0);
  fixture.gate->leave();
  // It leaves the gate again after each: another picture comes through.
  const auto results = fixture.version.predict_pixels_many(pictures_of(pixels), {});
  REQUIRE(results.size() == 2);
  CHECK(results[0].value().scores[0] == 0.2F);
  CHECK(results[1].value().scores[0] == 0.4F);
  CHECK(fixture.version.predict(test::fake_picture(51), {}).scores[0] == 0.2F);
  CHECK(prepared == 3);
}

TEST_CASE("pictures sent as pixels cost a client that has gone nothing", "[serve][model_version]") {
  InputFixture fixture;
  std::atomic<int> prepared{0};
  fixture.control->on_prepare = [&] { ++prepared; };
  RequestLimits limits;
  limits.client_is_there = [] { return false; };
  const std::vector<std::uint8_t> pixels = grey_pairs({51});
  const auto results = fixture.version.predict_pixels_many(pictures_of(pixels), limits);
  REQUIRE(results.size() == 1);
  CHECK(results[0].error().code() == ErrorCode::Cancelled);
  CHECK(prepared == 0);
}

}  // namespace animalctl::serve
