#include "animalctl/image/demo.h"

#include "animalctl/image/transform.h"
#include "support/catch_compat.h"

namespace animalctl {

TEST_CASE("A demo animal depends on kind, seed and index only", "[image]") {
  const ImageU8 first = draw_demo_animal(true, 1, 2);
  CHECK(first.width == 200);
  CHECK(first.height == 200);
  CHECK(first.channels == 3);
  CHECK(draw_demo_animal(true, 1, 2).pixels == first.pixels);
  CHECK(draw_demo_animal(false, 1, 2).pixels != first.pixels);
  CHECK(draw_demo_animal(true, 2, 2).pixels != first.pixels);
  CHECK(draw_demo_animal(true, 1, 3).pixels != first.pixels);
}

TEST_CASE("Demo animals have the size that was asked for", "[image]") {
  for (const int size : {32, 100, 333})
    CHECK(draw_demo_animal(false, 1, 1, size).size() == std::size_t(size) * size * 3);
  test::require_error(ErrorCode::InvalidArgument, "size 31", [] { (void)draw_demo_animal(true, 1, 1, 31); });
  test::require_error(ErrorCode::InvalidArgument, "size 1025", [] { (void)draw_demo_animal(true, 1, 1, 1025); });
}

TEST_CASE("Brightness does not tell demo cats from dogs", "[image]") {
  double difference = 0;
  constexpr int kPairs = 300;
  for (std::uint64_t index = 0; index < kPairs; ++index) {
    const auto mean = [index](bool dog) {
      return static_cast<double>(resize_area(to_grey(draw_demo_animal(dog, 21, index, 48)), 1, 1).pixels[0]);
    };
    difference += (mean(true) - mean(false)) / kPairs;
  }
  // One picture's brightness varies by about 40, so the mean difference of 300 by about 3.
  CHECK_THAT(difference, Catch::Matchers::WithinAbs(0, 9));
}

}  // namespace animalctl
