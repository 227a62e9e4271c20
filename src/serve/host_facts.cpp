#include "serve/host_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace animalctl::serve {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = text.find_first_not_of(" \t\n", at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find_first_of(" \t\n", begin), text.size());
    parts.push_back(text.substr(begin, at - begin));
  }
  return parts;
}

// The rest of the line that begins with `key`; nothing when there is none.
std::optional<std::string_view> line_after(std::string_view text, std::string_view key) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (line.starts_with(key)) return line.substr(key.size());
    begin = end + 1;
  }
  return std::nullopt;
}

// A line "Key:   1234 kB" in bytes.
std::optional<std::uint64_t> memory_line(std::string_view meminfo, std::string_view key) {
  const auto rest = line_after(meminfo, key);
  if (!rest) return std::nullopt;
  const std::vector<std::string_view> parts = words(*rest);
  const auto kilobytes = parts.empty() ? std::nullopt : number(parts[0]);
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

}  // namespace

std::optional<CpuTimes> parse_cpu_times(std::string_view stat) {
  const auto rest = line_after(stat, "cpu ");
  if (!rest) return std::nullopt;
  // user nice system idle iowait irq softirq steal; what follows (guests) is counted in user already.
  constexpr std::size_t kIdle = 3;
  constexpr std::size_t kWaiting = 4;
  constexpr std::size_t kLast = 8;
  const std::vector<std::string_view> parts = words(*rest);
  if (parts.size() <= kWaiting) return std::nullopt;
  CpuTimes times;
  for (std::size_t i = 0; i < std::min(parts.size(), kLast); ++i) {
    const auto ticks = number(parts[i]);
    if (!ticks) return std::nullopt;
    (i == kIdle || i == kWaiting ? times.idle : times.busy) += *ticks;
  }
  return times;
}

std::optional<double> cpu_utilization(const CpuTimes& before, const CpuTimes& after) {
  // A counter may step back when cores are taken away.
  if (after.busy < before.busy || after.idle < before.idle) return std::nullopt;
  const auto busy = static_cast<double>(after.busy - before.busy);
  const double all = busy + static_cast<double>(after.idle - before.idle);
  if (all <= 0) return std::nullopt;
  return 100 * busy / all;
}

std::uint64_t MemoryFacts::used() const {
  const std::uint64_t other = free + cached;
  return other < total ? total - other : 0;
}

double MemoryFacts::utilization() const {
  if (total == 0 || available > total) return 0;
  return 100 * static_cast<double>(total - available) / static_cast<double>(total);
}

std::optional<MemoryFacts> parse_memory(std::string_view meminfo) {
  const auto total = memory_line(meminfo, "MemTotal:");
  const auto free = memory_line(meminfo, "MemFree:");
  if (!total || !free) return std::nullopt;
  MemoryFacts facts;
  facts.total = *total;
  facts.free = *free;
  for (const std::string_view key : {"Buffers:", "Cached:", "SReclaimable:"}) {
    facts.cached += memory_line(meminfo, key).value_or(0);
  }
  facts.available = memory_line(meminfo, "MemAvailable:").value_or(*free);
  return facts;
}

std::optional<ProcessFacts> parse_process(std::string_view stat, double ticks, std::uint64_t page) {
  // The second field is the program's name in brackets and may hold anything, brackets too.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> parts = words(stat.substr(name_end + 1));
  // Numbers of proc(5), less the three fields that stand before.
  constexpr std::size_t kFirst = 3;
  constexpr std::array<std::size_t, 6> kFields = {14, 15, 20, 22, 23, 24};
  std::array<std::uint64_t, kFields.size()> values{};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const std::size_t index = kFields[i] - kFirst;
    const auto value = index < parts.size() ? number(parts[index]) : std::nullopt;
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  ProcessFacts facts;
  facts.cpu_seconds = static_cast<double>(values[0] + values[1]) / ticks;
  facts.threads = values[2];
  facts.start_seconds = static_cast<double>(values[3]) / ticks;
  facts.virtual_memory_bytes = values[4];
  facts.resident_memory_bytes = values[5] * page;
  return facts;
}

std::optional<double> parse_boot_time(std::string_view stat) {
  const auto rest = line_after(stat, "btime ");
  const auto seconds = rest ? number(*rest) : std::nullopt;
  if (!seconds) return std::nullopt;
  return static_cast<double>(*seconds);
}

}  // namespace animalctl::serve
