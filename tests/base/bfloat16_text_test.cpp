#include "animalctl/base/bfloat16_text.h"

#include <cmath>
#include <limits>

#include "animalctl/base/error.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

TEST_CASE("numbers as text keep eight bits", "[base]") {
  const std::vector<float> numbers = {1, -2, 0, 0.333333F, -123456, 1e-30F};
  const std::string text = bfloat16_text(numbers);
  CHECK(text.substr(0, 12) == "3f80c0000000");
  const auto read = parse_bfloat16_text(text);
  REQUIRE(read);
  REQUIRE(read->size() == numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK(std::abs((*read)[i] - numbers[i]) <= std::abs(numbers[i]) / 256);
  }
  CHECK(bfloat16_text(*read) == text);
  CHECK(bfloat16_text({}).empty());
  CHECK(parse_bfloat16_text("")->empty());
}

TEST_CASE("numbers are rounded to the nearest, ties to even", "[base]") {
  // 1 + 2^-8 lies between 1 and 1 + 2^-7, 1 + 3 · 2^-8 between 1 + 2^-7 and 1 + 2^-6.
  CHECK(bfloat16_text(std::vector<float>{1.00390625F, 1.01171875F}) == "3f803f82");
}

TEST_CASE("what is no text of numbers is refused", "[base]") {
  for (const char* text : {"3f8", "3f8g", "3F80", "7f80", "ff80", "7fc0", "3f80 "}) {
    INFO(text);
    CHECK_FALSE(parse_bfloat16_text(text));
  }
  const float infinity = std::numeric_limits<float>::infinity();
  const float largest = std::numeric_limits<float>::max();
  for (const float number : {infinity, std::numeric_limits<float>::quiet_NaN(), largest}) {
    CHECK_THROWS_AS(bfloat16_text({&number, 1}), Error);
  }
}

}  // namespace
}  // namespace animalctl
