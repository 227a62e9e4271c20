#include "animalctl/orchestrate/cron.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <span>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl::orchestrate {
namespace {

using TimePoint = std::chrono::system_clock::time_point;

constexpr std::array<std::string_view, 12> kMonthNames = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDayNames = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct CronField {
  const char* name;
  int low;
  int high;
  std::span<const std::string_view> names;  // the first stands for `low`
};

constexpr std::pair<std::string_view, const char*> kCronMacros[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

[[noreturn]] void refuse_field(const CronField& field, std::string_view text) {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("the schedule's {} is \"{}\"; give {} to {}, a range a-b, a list a,b, * or a step */n",
                          field.name, text, field.low, field.high));
}

int cron_number(const CronField& field, std::string_view text, std::string_view whole) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (to_lower(text) == field.names[i]) return field.low + static_cast<int>(i);
  }
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < field.low || value > field.high) {
    refuse_field(field, whole);
  }
  return value;
}

// One item of a list: "*", "5", "1-5", "*/10", "8-18/2", "5/10" (from 5 on).
template <std::size_t Size>
void set_cron_item(const CronField& field, std::string_view item, std::string_view whole, std::bitset<Size>& set) {
  int step = 1;
  const std::size_t slash = item.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view text = item.substr(slash + 1);
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (problem != std::errc() || end != text.data() + text.size() || step < 1) refuse_field(field, whole);
    item = item.substr(0, slash);
  }
  int first = field.low;
  int last = field.high;
  if (item != "*") {
    const std::size_t dash = item.find('-');
    first = cron_number(field, item.substr(0, dash), whole);
    if (dash != std::string_view::npos) {
      last = cron_number(field, item.substr(dash + 1), whole);
    } else if (slash == std::string_view::npos) {
      last = first;
    }
    if (first > last) refuse_field(field, whole);
  }
  for (int value = first; value <= last; value += step) set.set(static_cast<std::size_t>(value));
}

template <std::size_t Size>
std::bitset<Size> cron_field(const CronField& field, const std::string& text) {
  std::bitset<Size> set;
  for (const std::string& item : split(text, ',')) set_cron_item(field, item, text, set);
  return set;
}

std::tm local_fields(std::time_t time) {
  std::tm fields{};
  ::localtime_r(&time, &fields);
  return fields;
}

// Order of wall-clock times to the minute.
std::array<int, 5> wall_key(const std::tm& fields) {
  return {fields.tm_year, fields.tm_mon, fields.tm_mday, fields.tm_hour, fields.tm_min};
}

// The first moment at which clocks show this minute, or, when they never do, the moment they pass it.
std::time_t moment_of(const std::tm& wanted) {
  std::optional<std::time_t> found;
  std::time_t near = 0;
  for (const int daylight : {1, 0}) {
    std::tm fields = wanted;
    fields.tm_isdst = daylight;
    const std::time_t moment = std::mktime(&fields);
    near = moment;
    if (wall_key(local_fields(moment)) == wall_key(wanted) && (!found || moment < *found)) found = moment;
  }
  if (found) return *found;
  std::time_t before = near - std::time_t{6} * 3600;
  std::time_t after = near + std::time_t{6} * 3600;
  while (after - before > 1) {
    const std::time_t middle = before + (after - before) / 2;
    (wall_key(local_fields(middle)) < wall_key(wanted) ? before : after) = middle;
  }
  return after;
}

}  // namespace

CronExpression::CronExpression(std::string_view text) : text_(trim(text)) {
  std::string expression = to_lower(text_);
  for (const auto& [macro, meaning] : kCronMacros) {
    if (expression == macro) expression = meaning;
  }
  std::vector<std::string> fields;
  for (const std::string& field : animalctl::split(expression, ' ')) {
    if (!trim(field).empty()) fields.emplace_back(trim(field));
  }
  if (fields.size() != 5) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the schedule \"{}\" has {} fields; give minute, hour, day of the month, month and day of "
                            "the week, e.g. \"30 3 * * 1\", or @daily",
                            text_, fields.size()));
  }
  minutes_ = cron_field<60>({"minute", 0, 59, {}}, fields[0]);
  hours_ = cron_field<24>({"hour", 0, 23, {}}, fields[1]);
  days_ = cron_field<32>({"day of the month", 1, 31, {}}, fields[2]);
  months_ = cron_field<13>({"month", 1, 12, kMonthNames}, fields[3]);
  weekdays_ = cron_field<8>({"day of the week", 0, 7, kDayNames}, fields[4]);
  if (weekdays_.test(7)) weekdays_.set(0);
  any_day_ = fields[2].starts_with('*');
  any_weekday_ = fields[4].starts_with('*');
  if (!search(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1))) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("the schedule \"{}\" names a day that never comes", text_));
  }
}

bool CronExpression::day_matches(int month, int day, int weekday) const {
  if (!months_.test(static_cast<std::size_t>(month))) return false;
  const bool by_day = days_.test(static_cast<std::size_t>(day));
  const bool by_weekday = weekdays_.test(static_cast<std::size_t>(weekday));
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<TimePoint> CronExpression::search(TimePoint after) const {
  const std::time_t from = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(after));
  const std::tm start = local_fields(from);
  const std::chrono::sys_days first_day =
      std::chrono::sys_days(std::chrono::year(start.tm_year + 1900) / (start.tm_mon + 1) / start.tm_mday);
  constexpr int kMostDays = 9 * 366;  // 29 February may be eight years away
  for (int day = 0; day < kMostDays; ++day) {
    const std::chrono::sys_days date = first_day + std::chrono::days(day);
    const std::chrono::year_month_day parts(date);
    const int month = static_cast<int>(static_cast<unsigned>(parts.month()));
    const int of_month = static_cast<int>(static_cast<unsigned>(parts.day()));
    if (!day_matches(month, of_month, static_cast<int>(std::chrono::weekday(date).c_encoding()))) continue;
    for (int hour = 0; hour < 24; ++hour) {
      if (!hours_.test(static_cast<std::size_t>(hour))) continue;
      for (int minute = 0; minute < 60; ++minute) {
        if (!minutes_.test(static_cast<std::size_t>(minute))) continue;
        std::tm wanted{};
        wanted.tm_year = static_cast<int>(parts.year()) - 1900;
        wanted.tm_mon = month - 1;
        wanted.tm_mday = of_month;
        wanted.tm_hour = hour;
        wanted.tm_min = minute;
        // Times of the first day that are over are passed by without asking the zone for each.
        if (day == 0 && wall_key(wanted) < wall_key(start) && hour + 3 < start.tm_hour) continue;
        const std::time_t moment = moment_of(wanted);
        if (moment > from) return std::chrono::system_clock::from_time_t(moment);
      }
    }
  }
  return std::nullopt;
}

TimePoint CronExpression::next_after(TimePoint time) const {
  const std::optional<TimePoint> found = search(time);
  if (!found) throw Error(ErrorCode::Internal, fmt::format("the schedule \"{}\" has no next time", text_));
  return *found;
}

void use_time_zone(const std::string& name) {
  if (name.empty()) return;
  std::error_code ignored;
  const bool plain = name.find("..") == std::string::npos && name.front() != '/' && name.front() != ':';
  const std::filesystem::path file = std::filesystem::path("/usr/share/zoneinfo") / name;
  if (name != "UTC" && !(plain && std::filesystem::is_regular_file(file, ignored))) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("there is no time zone \"{}\"; give a name such as Europe/Zurich (files of "
                            "/usr/share/zoneinfo, Debian's tzdata) or UTC",
                            name));
  }
  ::setenv("TZ", name.c_str(), 1);
  ::tzset();
}

}  // namespace animalctl::orchestrate
