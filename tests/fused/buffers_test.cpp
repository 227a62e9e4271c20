#include "fused/buffers.h"

#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("a buffer that was given back is taken again") {
  BufferPlan plan;
  const std::size_t first = plan.acquire(100);
  const std::size_t second = plan.acquire(10);
  CHECK(second != first);
  plan.release(first);
  CHECK(plan.acquire(90) == first);
  CHECK(plan.offsets() == std::vector<std::size_t>{0, 128, 192});
}

TEST_CASE("of free buffers the smallest that fits is taken, else the largest grows") {
  BufferPlan plan;
  const std::size_t large = plan.acquire(1000);
  const std::size_t middle = plan.acquire(300);
  const std::size_t small = plan.acquire(100);
  for (const std::size_t buffer : {large, middle, small}) plan.release(buffer);
  CHECK(plan.acquire(200) == middle);
  CHECK(plan.acquire(2000) == large);
  CHECK(plan.acquire(5000) == small);
  CHECK(plan.acquire(1) == 3);
  CHECK(plan.offsets().back() == 2048 + 320 + 5056 + 64);
}

}  // namespace animalctl::test
