#include "animalctl/batching/batch_policy.h"

#include "animalctl/batching/load_estimate.h"
#include "support/catch_compat.h"

namespace animalctl::batching {
namespace {

using namespace std::chrono_literals;

const Clock::time_point kStart{1h};

// Two cores, both busy with some of 14 pictures that are about to join; runs of 10 ms; a picture every 2 ms.
Situation filling() {
  Situation situation;
  situation.queued = 2;
  situation.preparing = 14;
  situation.idle_workers = 2;
  situation.cores = 2;
  situation.oldest = kStart;
  situation.newest = kStart + 2ms;
  situation.inference = 10ms;
  situation.gap = 2ms;
  return situation;
}

const BatchLimits kEight{8, 100ms};

}  // namespace

TEST_CASE("nothing is taken from an empty line, nor without an idle worker", "[batching]") {
  Situation situation = filling();
  situation.queued = 0;
  CHECK(decide(kStart, situation, kEight).take == 0);
  CHECK(decide(kStart, situation, kEight).until == kNever);
  situation = filling();
  situation.idle_workers = 0;
  CHECK(decide(kStart + 1h, situation, kEight).take == 0);
}

TEST_CASE("an idle worker takes all that is queued at once when a core is free", "[batching]") {
  Situation situation = filling();
  situation.preparing = 1;
  situation.running = 4;
  CHECK(decide(kStart, situation, kEight).take == 2);
  situation.preparing = 0;
  situation.idle_workers = 1;
  situation.queued = 5;
  CHECK(decide(kStart, situation, kEight).take == 5);
  situation.queued = 50;
  CHECK(decide(kStart, situation, kEight).take == 8);
}

TEST_CASE("idle workers with a free core each share what is queued", "[batching]") {
  Situation situation = filling();
  situation.preparing = 0;
  situation.queued = 7;
  CHECK(decide(kStart, situation, kEight).take == 4);
  situation.queued = 1;
  CHECK(decide(kStart, situation, kEight).take == 1);
  // Eight requests under way, two workers: four are a fair batch, however many are queued.
  situation.queued = 7;
  situation.running = 1;
  situation.busy_workers = 1;
  situation.idle_workers = 1;
  CHECK(decide(kStart, situation, kEight).take == 4);
  situation.running = 8;
  CHECK(decide(kStart, situation, kEight).take == 7);
}

TEST_CASE("a batch is held while every core makes it larger, and no longer than a run after the newest", "[batching]") {
  const Situation situation = filling();
  const Decision held = decide(kStart + 2ms, situation, kEight);
  CHECK(held.take == 0);
  CHECK(held.until == situation.newest + 10ms);
  CHECK(decide(held.until - 1ns, situation, kEight).take == 0);
  CHECK(decide(held.until, situation, kEight).take == 2);
}

TEST_CASE("no job is held longer than max_delay", "[batching]") {
  const BatchLimits limits{8, 5ms};
  const Decision held = decide(kStart + 2ms, filling(), limits);
  CHECK(held.until == kStart + 5ms);
  CHECK(decide(kStart + 5ms, filling(), limits).take == 2);
  CHECK(decide(kStart + 2ms, filling(), {8, 0ms}).take == 2);
}

TEST_CASE("a batch is not held when it is full, nothing is coming, or a run is over before the next job",
          "[batching]") {
  CHECK(decide(kStart + 2ms, filling(), {2, 100ms}).take == 2);
  // Four jobs in all: two are a fair batch.
  Situation few = filling();
  few.preparing = 2;
  CHECK(decide(kStart + 2ms, few, kEight).take == 2);
  CHECK(decide(kStart + 2ms, filling(), {1, 100ms}).take == 1);
  Situation situation = filling();
  situation.preparing = 0;
  situation.busy_workers = 2;
  situation.running = 2;
  CHECK(decide(kStart + 2ms, situation, kEight).take == 2);
  situation = filling();
  situation.gap = 11ms;
  CHECK(decide(kStart + 2ms, situation, kEight).take == 2);
  situation = filling();
  situation.inference = 50us;
  situation.gap = 10us;
  CHECK(decide(kStart + 2ms, situation, kEight).take == 2);
}

TEST_CASE("runs are estimated per batch size, in proportion where a size was not seen", "[batching]") {
  LoadEstimate estimate;
  CHECK(estimate.inference(3) == 0ns);
  estimate.ran(2, 10ms);
  CHECK(estimate.inference(2) == 10ms);
  CHECK(estimate.inference(1) == 10ms);
  CHECK(estimate.inference(6) == 30ms);
  estimate.ran(1, 4ms);
  CHECK(estimate.inference(1) == 4ms);
  CHECK(estimate.inference(2) == 10ms);
  for (int i = 0; i < 100; ++i) estimate.ran(1, 6ms);
  CHECK(estimate.inference(1) > 5900us);
  CHECK(estimate.inference(1) <= 6ms);
  // A first run that compiled something is forgotten at once.
  estimate.ran(1, 1ms);
  CHECK(estimate.inference(1) == 1ms);
  // Batches beyond the table count as its last size.
  estimate.ran(1000, 1s);
  CHECK(estimate.inference(2000) == 1s);
}

TEST_CASE("the gap between jobs follows their rate, and a pause is forgotten", "[batching]") {
  LoadEstimate estimate;
  CHECK(estimate.gap() > 1min);
  Clock::time_point now = kStart;
  estimate.became_ready(now);
  CHECK(estimate.gap() > 1min);
  estimate.became_ready(now += 3ms);
  CHECK(estimate.gap() == 3ms);
  estimate.became_ready(now += 1h);
  CHECK(estimate.gap() < 200ms);
  for (int i = 0; i < 100; ++i) estimate.became_ready(now += 2ms);
  CHECK(estimate.gap() < 2100us);
  CHECK(estimate.gap() >= 2ms);
}

}  // namespace animalctl::batching
