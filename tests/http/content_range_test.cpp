#include "http/content_range.h"

#include "support/catch_compat.h"

namespace animalctl::test {
using http::parse_content_range;
using http::parse_length;

TEST_CASE("the three forms of Content-Range are read") {
  const auto whole = parse_content_range("bytes 10-99/100");
  REQUIRE(whole);
  CHECK(whole->first == 10U);
  CHECK(whole->total == 100U);
  const auto open = parse_content_range(" Bytes 0-0/* ");
  REQUIRE(open);
  CHECK(open->first == 0U);
  CHECK_FALSE(open->total);
  const auto refused = parse_content_range("bytes */100");
  REQUIRE(refused);
  CHECK_FALSE(refused->first);
  CHECK(refused->total == 100U);
}

TEST_CASE("a Content-Range of another form or one that contradicts itself is nothing") {
  for (const char* text : {"", "bytes", "bytes 1-2", "items 1-2/3", "bytes 2-1/3", "bytes 1-3/3", "bytes 1/3",
                           "bytes a-2/3", "bytes 1-b/3", "bytes 1-2/c", "bytes -1-2/3", "bytes 1-2/"}) {
    INFO(text);
    CHECK_FALSE(parse_content_range(text));
  }
}

TEST_CASE("a length is decimal digits that fit") {
  CHECK(parse_length(" 18446744073709551615 ") == 18446744073709551615U);
  CHECK_FALSE(parse_length("18446744073709551616"));
  CHECK_FALSE(parse_length("-1"));
  CHECK_FALSE(parse_length("1e3"));
  CHECK_FALSE(parse_length(""));
}

}  // namespace animalctl::test
