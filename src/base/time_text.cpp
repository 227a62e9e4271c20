#include "animalctl/base/time_text.h"

#include <fmt/compile.h>

namespace animalctl {
namespace {

// Takes decimal digits off the front of `text`; nothing when they are no digits or the number is not in range.
std::optional<int> take_number(std::string_view& text, std::size_t digits, int low, int high) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value >= low && value <= high ? std::optional(value) : std::nullopt;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".123": nanoseconds; 0 when there is none.
std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return std::chrono::nanoseconds(0);
  long long value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    if (digits == 9) return std::nullopt;
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return std::chrono::nanoseconds(value);
}

// "Z", "+01:00".
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return std::chrono::minutes(0);
  const bool behind = text.starts_with('-');
  if (!take(text, "+-")) return std::nullopt;
  const std::optional<int> hours = take_number(text, 2, 0, 23);
  if (!hours || !take(text, ":")) return std::nullopt;
  const std::optional<int> minutes = take_number(text, 2, 0, 59);
  if (!minutes) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return behind ? -offset : offset;
}

}  // namespace

std::string iso_time(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"), static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<std::chrono::system_clock::time_point> parse_iso_time(std::string_view text) {
  const std::optional<int> year = take_number(text, 4, 1970, 2200);
  if (!year || !take(text, "-")) return std::nullopt;
  const std::optional<int> month = take_number(text, 2, 1, 12);
  if (!month || !take(text, "-")) return std::nullopt;
  const std::optional<int> day = take_number(text, 2, 1, 31);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const std::optional<int> hours = take_number(text, 2, 0, 23);
  if (!hours || !take(text, ":")) return std::nullopt;
  const std::optional<int> minutes = take_number(text, 2, 0, 59);
  if (!minutes || !take(text, ":")) return std::nullopt;
  const std::optional<int> seconds = take_number(text, 2, 0, 60);
  if (!seconds) return std::nullopt;
  const std::optional<std::chrono::nanoseconds> fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const std::optional<std::chrono::minutes> offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_time<std::chrono::nanoseconds> time =
      std::chrono::sys_days(date) + std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
      std::chrono::seconds(*seconds) + *fraction - *offset;
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(time);
}

}  // namespace animalctl
