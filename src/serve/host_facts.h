#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace animalctl::serve {

// What `/proc` says of the machine and of this process (proc(5)). The parsers take a file's text and throw nothing:
// what is not there stays 0 or absent.

// The first line of /proc/stat, in clock ticks of all cores together.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t idle = 0;  // with waiting for input and output
};
std::optional<CpuTimes> parse_cpu_times(std::string_view stat);
// Share of busy time between two readings, in percent (0..100); nothing when no tick lies between them.
std::optional<double> cpu_utilization(const CpuTimes& before, const CpuTimes& after);

// /proc/meminfo, in bytes.
struct MemoryFacts {
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t available = 0;
  std::uint64_t cached = 0;  // buffers, page cache and reclaimable slabs

  // As psutil, which TorchServe asks: what is neither free nor a cache.
  std::uint64_t used() const;
  // Percent of the total that is not available.
  double utilization() const;
};
std::optional<MemoryFacts> parse_memory(std::string_view meminfo);

// /proc/self/stat.
struct ProcessFacts {
  double cpu_seconds = 0;                   // user and system
  std::uint64_t threads = 0;                //
  double start_seconds = 0;                 // after the machine's boot
  std::uint64_t virtual_memory_bytes = 0;   //
  std::uint64_t resident_memory_bytes = 0;  //
};
// `ticks` a second of the kernel's clock, `page` bytes.
std::optional<ProcessFacts> parse_process(std::string_view stat, double ticks, std::uint64_t page);

// "btime" of /proc/stat: when the machine was started, in seconds since 1970.
std::optional<double> parse_boot_time(std::string_view stat);

}  // namespace animalctl::serve
