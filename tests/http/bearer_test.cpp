#include "animalctl/http/bearer.h"

#include "support/catch_compat.h"

namespace animalctl::http {

TEST_CASE("a bearer's key is found whatever the scheme's letters, and nowhere else", "[http]") {
  CHECK(bearer_key("Bearer abc") == "abc");
  CHECK(bearer_key("bEARER  abc ") == "abc");
  CHECK(bearer_key("Bearer\tabc") == "abc");
  for (const char* other : {"", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "Bearer a b", "abc", " Bearer abc"}) {
    INFO(other);
    CHECK(bearer_key(other).empty());
  }
}

}  // namespace animalctl::http
