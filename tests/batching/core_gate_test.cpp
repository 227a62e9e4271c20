#include "animalctl/batching/core_gate.h"

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::batching {
namespace {

using namespace std::chrono_literals;

Clock::time_point soon() {
  return Clock::now() + 5s;
}

}  // namespace

TEST_CASE("a gate lets no more in than it has places, and everybody in time", "[batching]") {
  CoreGate gate(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> visits{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 200; ++round) {
          const CoreGate::Visit visit(gate, soon());
          if (!visit) continue;
          const int now_inside = ++inside;
          int seen = most;
          while (now_inside > seen && !most.compare_exchange_weak(seen, now_inside)) {
          }
          ++visits;
          --inside;
        }
      });
    }
  }
  CHECK(most <= 2);
  CHECK(visits == 1600);
}

TEST_CASE("who waits at a gate past the deadline goes away, and the others keep their turn", "[batching]") {
  CoreGate gate(1);
  REQUIRE(gate.enter(soon()));
  CHECK_FALSE(gate.enter(Clock::now()));
  CHECK_FALSE(gate.enter(Clock::now() + 2ms));
  std::atomic<int> entered{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      if (gate.enter(soon())) ++entered;
      gate.leave();
    });
  }
  CHECK_FALSE(gate.enter(Clock::now() + 2ms));
  CHECK(entered == 0);
  gate.leave();
  threads.clear();
  CHECK(entered == 3);
  CHECK(gate.enter(Clock::now()));
}

}  // namespace animalctl::batching
