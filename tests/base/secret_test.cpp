#include "animalctl/base/secret.h"

#include <set>

#include "support/catch_compat.h"

namespace animalctl {

TEST_CASE("secrets have 43 letters of base64url and never come twice") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string secret = random_secret();
    REQUIRE(secret.size() == 43);
    REQUIRE(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
            std::string::npos);
    REQUIRE(seen.insert(secret).second);
  }
}

TEST_CASE("a secret equals itself only, and an empty one nothing") {
  CHECK(equal_in_constant_time("abc", "abc"));
  for (const char* other : {"", "a", "ab", "abd", "Abc", "abcabc", "abca"}) {
    INFO(other);
    CHECK_FALSE(equal_in_constant_time(other, "abc"));
  }
  CHECK_FALSE(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("a", ""));
}

}  // namespace animalctl
