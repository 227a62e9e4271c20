#include "serve/utc_time.h"

#include <fmt/core.h>

#include <ctime>

namespace animalctl::serve {
namespace {

struct Parts {
  std::tm date{};
  long long milliseconds = 0;
};

Parts parts_of(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  Parts parts;
  ::gmtime_r(&seconds, &parts.date);
  parts.milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - whole).count();
  return parts;
}

}  // namespace

std::string compact_time(std::chrono::system_clock::time_point time) {
  const auto [date, milliseconds] = parts_of(time);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}{:03}", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                     date.tm_hour, date.tm_min, date.tm_sec, milliseconds);
}

}  // namespace animalctl::serve
