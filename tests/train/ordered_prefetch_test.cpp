#include "train/ordered_prefetch.h"

#include <stdexcept>

#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("items come in order whatever the number of threads") {
  for (const int threads : {1, 2, 5}) {
    OrderedPrefetch<std::size_t> prefetch(200, threads, 3, [](std::size_t i) { return i * i; });
    for (std::size_t i = 0; i < 200; ++i) CHECK(prefetch.next() == i * i);
    CHECK_FALSE(prefetch.next().has_value());
  }
}

TEST_CASE("a failing item throws where it would have come and the others still come") {
  OrderedPrefetch<int> prefetch(5, 2, 2, [](std::size_t i) {
    if (i == 2) throw std::runtime_error("third");
    return static_cast<int>(i);
  });
  CHECK(prefetch.next() == 0);
  CHECK(prefetch.next() == 1);
  CHECK_THROWS_AS(prefetch.next(), std::runtime_error);
  CHECK(prefetch.next() == 3);
  CHECK(prefetch.next() == 4);
}

TEST_CASE("a prefetch may be left before its end") {
  for (int i = 0; i < 50; ++i) {
    OrderedPrefetch<int> prefetch(1000, 3, 4, [](std::size_t item) { return static_cast<int>(item); });
    CHECK(prefetch.next() == 0);
  }
}

}  // namespace animalctl::test
