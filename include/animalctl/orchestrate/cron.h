#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl::orchestrate {

// A schedule as cron writes it (crontab(5), POSIX.1-2017 crontab): minute, hour, day of the month, month, day of the
// week, by wall clock of the process's time zone. Numbers, names (jan, mon), `*`, ranges a-b, steps /n, lists; Sunday
// is 0 or 7; @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. When both days are restricted either
// may match, as in cron. A time that a change of the clock leaves out happens at the change; one that comes twice
// happens the first time. Immutable.
class CronExpression {
 public:
  // Throws InvalidArgument naming the field and what it accepts, also for a date that never comes (30 February).
  explicit CronExpression(std::string_view text);

  // The first time after `time`. Within nine years, or the constructor had thrown.
  std::chrono::system_clock::time_point next_after(std::chrono::system_clock::time_point time) const;

  const std::string& text() const { return text_; }

 private:
  std::optional<std::chrono::system_clock::time_point> search(std::chrono::system_clock::time_point after) const;
  bool day_matches(int month, int day, int weekday) const;

  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<8> weekdays_;  // 0 Sunday
  bool any_day_ = false;     // the field begins with `*`
  bool any_weekday_ = false;
};

// Makes `name` ("Europe/Zurich", "UTC") the time zone of this process; "" leaves it. To be called before threads
// start. Throws InvalidArgument when the system knows no such zone (package tzdata).
void use_time_zone(const std::string& name);

}  // namespace animalctl::orchestrate
