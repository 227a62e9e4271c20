#include "serve/host_facts.h"

#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)

TEST_CASE("the machine's busy share is taken from two readings of /proc/stat", "[metrics]") {
  const auto before = parse_cpu_times("cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 1 2 3 4\nbtime 1700000000\n");
  const auto after = parse_cpu_times("cpu  160 0 65 815 60 0 0 0 9 0\n");
  REQUIRE(before);
  REQUIRE(after);
  CHECK(before->busy == 150);
  CHECK(before->idle == 850);
  CHECK(cpu_utilization(*before, *after).value() == 75.0);
  CHECK_FALSE(cpu_utilization(*after, *after));
  CHECK_FALSE(cpu_utilization(*after, *before));
  CHECK(parse_boot_time("cpu 1 2 3 4 5\nbtime 1700000000\n").value() == 1.7e9);
}

TEST_CASE("memory is counted as psutil does", "[metrics]") {
  const auto facts = parse_memory(
      "MemTotal:        1000 kB\nMemFree:          300 kB\nMemAvailable:     600 kB\nBuffers: 50 kB\nCached: 200 kB\n"
      "SReclaimable: 50 kB\n");
  REQUIRE(facts);
  CHECK(facts->total == 1000 * 1024);
  CHECK(facts->used() == 400 * 1024);
  CHECK(facts->utilization() == 40.0);
}

TEST_CASE("a process whose name has brackets and spaces is read", "[metrics]") {
  const auto facts = parse_process(
      "42 (a ) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 12345 1048576 256 1844 1 1 0", 100, 4096);
  REQUIRE(facts);
  CHECK(facts->cpu_seconds == 2.0);
  CHECK(facts->threads == 7);
  CHECK(facts->start_seconds == 123.45);
  CHECK(facts->virtual_memory_bytes == 1048576);
  CHECK(facts->resident_memory_bytes == 256 * 4096);
}

TEST_CASE("what /proc does not say is absent", "[metrics]") {
  for (const char* text : {"", "cpu", "cpu  1 2 3", "cpu  a b c d e", "intr 1 2 3"}) {
    INFO(text);
    CHECK_FALSE(parse_cpu_times(text));
    CHECK_FALSE(parse_boot_time(text));
    CHECK_FALSE(parse_memory(text));
    CHECK_FALSE(parse_process(text, 100, 4096));
  }
  CHECK_FALSE(parse_process("42 (a) S 1 2 3", 100, 4096));
  CHECK_FALSE(parse_memory("MemTotal: 5 kB\n"));
}

}  // namespace animalctl::test
