#include "animalctl/batching/batcher.h"

#include "support/catch_compat.h"

namespace animalctl::batching {
namespace {

TEST_CASE("a job that is pushed is run and answered", "[batching]") {
  std::size_t runs = 0;
  Batcher::Options options;
  Batcher batcher(
      options, [&](std::span<Job* const> jobs) { runs += jobs.size(); }, [](Job&) {});
  Job job;
  CHECK(batcher.admit() == Admission::NoWorker);
  batcher.scale(1);
  REQUIRE(batcher.admit() == Admission::Admitted);
  REQUIRE(batcher.push(job) == Admission::Admitted);
  CHECK(batcher.wait(job).outcome == Outcome::Done);
  CHECK(runs == 1);
}

}  // namespace
}  // namespace animalctl::batching
