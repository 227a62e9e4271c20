#include "cli/duration.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "animalctl/base/error.h"

namespace animalctl::cli {
namespace {

constexpr double kLongest = 24 * 3600;
constexpr std::pair<const char*, double> kUnits[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
                                                     {"m", 60},    {"h", 3600},  {"", 1}};

}  // namespace

std::chrono::nanoseconds parse_duration(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc()) {
    const std::string unit(stop, end);
    for (const auto& [name, seconds] : kUnits) {
      if (unit != name) continue;
      const double total = value * seconds;
      if (std::isfinite(total) && total >= 0 && total <= kLongest) {
        return std::chrono::nanoseconds(std::llround(total * 1e9));
      }
    }
  }
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("\"{}\" is not a time like 15ms, 2.5s, 3m, 1h or 10 (seconds), at most 24 hours", text));
}

CLI::Validator duration_text(bool above_zero) {
  return CLI::Validator(
      [above_zero](std::string& text) -> std::string {
        try {
          const bool good = parse_duration(text).count() > 0 || !above_zero;
          return good ? "" : fmt::format("\"{}\" is not a time above 0", text);
        } catch (const Error& error) {
          return error.message();
        }
      },
      "");
}

std::string duration_words(std::chrono::nanoseconds value) {
  const double seconds = std::chrono::duration<double>(value).count();
  return seconds >= 1 ? fmt::format("{:g} s", seconds) : fmt::format("{:g} ms", seconds * 1e3);
}

}  // namespace animalctl::cli
