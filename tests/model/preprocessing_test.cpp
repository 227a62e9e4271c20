#include "animalctl/model/preprocessing.h"

#include <nlohmann/json.hpp>

#include <cmath>

#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/image/augment.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

TEST_CASE("the seed's frames give the seed's 256 grey values and its first normalised row") {
  const auto golden = parse_json(read_text_file(golden_path("training/preprocess.json")), "preprocess.json");
  const Preprocessing preprocessing;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto bytes = read_file(golden_path("training/frames") / (std::to_string(i) + ".png"));
    const std::vector<std::uint8_t> grey = prepare(decode_image(bytes).value(), preprocessing);
    CHECK(grey == golden.at("grey")[i].get<std::vector<std::uint8_t>>());
    if (i != 0) continue;
    std::vector<float> row(256);
    Normaliser(preprocessing).apply(grey, row);
    const auto expected = golden.at("normalized_first").get<std::vector<float>>();
    CHECK(row == expected);
  }
}

TEST_CASE("three channels are laid out plane by plane") {
  Preprocessing preprocessing;
  preprocessing.width = 2;
  preprocessing.height = 1;
  preprocessing.channels = 3;
  preprocessing.mean = {0, 0, 0.5F};
  preprocessing.std = {1, 0.5F, 1};
  const std::vector<std::uint8_t> pixels = {0, 255, 255, 51, 0, 0};
  std::vector<float> out(6);
  Normaliser(preprocessing).apply(pixels, out);
  CHECK(out == std::vector<float>{0.0F, 0.2F, 2.0F, 0.0F, 0.5F, -0.5F});
}

TEST_CASE("the name of a preparation tells sizes and colours apart") {
  Preprocessing colour;
  colour.channels = 3;
  Preprocessing large;
  large.width = 32;
  CHECK(Preprocessing{}.preparation_name() == "area-16x16-grey-v1");
  CHECK(colour.preparation_name() != Preprocessing{}.preparation_name());
  CHECK(large.preparation_name() != Preprocessing{}.preparation_name());
}

TEST_CASE("augmentation is a function of its stream, keeps the size, and nothing changes with an empty range") {
  const ImageU8 image = draw_demo_animal(true, 1, 1, 64);
  const auto run = [&](const AugmentationRange& range, std::uint64_t sample) {
    RandomStream random(1, "augment", 0, sample);
    return augment(image, range, random);
  };
  CHECK(run(AugmentationRange{}, 1).pixels == image.pixels);
  CHECK(run(light_augmentation(), 1).pixels == run(light_augmentation(), 1).pixels);
  CHECK(run(strong_augmentation(), 1).pixels != run(strong_augmentation(), 2).pixels);
  CHECK(run(strong_augmentation(), 1).width == image.width);
  RandomStream random(1, "augment");
  const ImageU8 grey{2, 2, 1, {1, 2, 3, 4}};
  require_error(ErrorCode::InvalidArgument, "RGB", [&] { (void)augment(grey, light_augmentation(), random); });
  require_error(ErrorCode::InvalidArgument, "RGB",
                [&] { (void)augment_part(grey, crop_augmentation(), random, 2, 2); });
}

TEST_CASE("parts of an image come at the size that is asked for, from where they are, at a share of the area") {
  // Red says how far right a pixel was, green how far down.
  ImageU8 image{100, 200, 3, std::vector<std::uint8_t>(std::size_t{100} * 200 * 3)};
  for (std::size_t y = 0; y < 100; ++y) {
    for (std::size_t x = 0; x < 200; ++x) {
      image.pixels[(y * 200 + x) * 3] = static_cast<std::uint8_t>(x);
      image.pixels[(y * 200 + x) * 3 + 1] = static_cast<std::uint8_t>(2 * y);
    }
  }
  AugmentationRange range;
  range.min_area = 0.3;
  double least = 1;
  double most = 0;
  for (std::uint64_t sample = 0; sample < 200; ++sample) {
    RandomStream random(1, "augment", 0, sample);
    const ImageU8 part = augment_part(image, range, random, 20, 10);
    REQUIRE(part.width == 20);
    REQUIRE(part.height == 10);
    const auto at = [&](std::size_t x, std::size_t y, std::size_t channel) {
      return static_cast<double>(part.pixels[(y * 20 + x) * 3 + channel]);
    };
    const double width = (at(19, 0, 0) - at(0, 0, 0)) / 19 * 20 / 200;
    const double height = (at(0, 9, 1) - at(0, 0, 1)) / 9 * 10 / 200;
    CHECK(std::max(width / height, height / width) < 4.0 / 3 * 1.1);
    least = std::min(least, width * height);
    most = std::max(most, width * height);
  }
  CHECK(least > 0.27);
  CHECK(least < 0.4);
  CHECK(most > 0.9);
  RandomStream random(1, "augment");
  require_error(ErrorCode::InvalidArgument, "cannot resize", [&] { (void)augment_part(image, range, random, 0, 10); });
  CHECK(augment(image, range, random).width == image.width);
}

}  // namespace animalctl::test
