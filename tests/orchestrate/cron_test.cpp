#include "animalctl/orchestrate/cron.h"

#include <cstdlib>
#include <ctime>
#include <string>

#include "animalctl/base/time_text.h"
#include "support/catch_compat.h"

namespace animalctl::orchestrate {
namespace {

// The process's time zone is put back at the end of a test.
class ZoneScope {
 public:
  explicit ZoneScope(const char* zone) {
    const char* before = std::getenv("TZ");
    had_ = before != nullptr;
    if (had_) before_ = before;
    use_time_zone(zone);
  }
  ~ZoneScope() {
    had_ ? ::setenv("TZ", before_.c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }

 private:
  bool had_ = false;
  std::string before_;
};

std::string next(const char* expression, const char* after) {
  return iso_time(CronExpression(expression).next_after(*parse_iso_time(after)));
}

TEST_CASE("a cron expression names the next minute that matches", "[orchestrate]") {
  const ZoneScope zone("UTC");
  CHECK(next("* * * * *", "2026-11-26T10:00:00Z") == "2026-11-26T10:01:00.000Z");
  CHECK(next("*/15 * * * *", "2026-11-26T10:14:59Z") == "2026-11-26T10:15:00.000Z");
  CHECK(next("30 3 * * *", "2026-11-26T03:30:00Z") == "2026-11-27T03:30:00.000Z");
  CHECK(next("0 0 1 jan *", "2026-01-01T00:00:00Z") == "2027-01-01T00:00:00.000Z");
  CHECK(next("5/20 8-9 * * *", "2026-11-26T08:46:00Z") == "2026-11-26T09:05:00.000Z");
  CHECK(next("0,30 12 * * *", "2026-11-26T12:10:00Z") == "2026-11-26T12:30:00.000Z");
  CHECK(next("0 0 29 2 *", "2096-03-01T00:00:00Z") == "2104-02-29T00:00:00.000Z");
  CHECK(next("@weekly", "2026-11-26T00:00:00Z") == "2026-11-29T00:00:00.000Z");
}

TEST_CASE("Sunday is 0 and 7, and two restricted days mean either", "[orchestrate]") {
  const ZoneScope zone("UTC");
  CHECK(next("0 0 * * 7", "2026-11-26T00:00:00Z") == next("0 0 * * 0", "2026-11-26T00:00:00Z"));
  CHECK(next("0 0 * * sun", "2026-11-26T00:00:00Z") == "2026-11-29T00:00:00.000Z");
  // The 13th or a Friday.
  CHECK(next("0 0 13 * fri", "2026-11-26T01:00:00Z") == "2026-11-27T00:00:00.000Z");
  CHECK(next("0 0 13 * fri", "2026-12-12T01:00:00Z") == "2026-12-13T00:00:00.000Z");
  // With a star both must hold, as in cron.
  CHECK(next("0 0 13 * *", "2026-11-26T01:00:00Z") == "2026-12-13T00:00:00.000Z");
}

TEST_CASE("a time that a change of the clock leaves out happens at the change", "[orchestrate]") {
  const ZoneScope zone("Europe/Zurich");
  // 29 March 2026: 02:00 becomes 03:00, which is 01:00 UTC.
  CHECK(next("30 2 * * *", "2026-03-28T12:00:00Z") == "2026-03-29T01:00:00.000Z");
  CHECK(next("30 2 * * *", "2026-03-29T01:00:00Z") == "2026-03-30T00:30:00.000Z");
  CHECK(next("0 4 * * *", "2026-03-29T00:00:00Z") == "2026-03-29T02:00:00.000Z");
}

TEST_CASE("a time that comes twice happens the first time only", "[orchestrate]") {
  const ZoneScope zone("Europe/Zurich");
  // 25 October 2026: 03:00 becomes 02:00; 02:30 is 00:30 and 01:30 UTC.
  CHECK(next("30 2 * * *", "2026-10-24T12:00:00Z") == "2026-10-25T00:30:00.000Z");
  CHECK(next("30 2 * * *", "2026-10-25T00:30:00Z") == "2026-10-26T01:30:00.000Z");
}

TEST_CASE("a wrong schedule or zone is refused with what is accepted", "[orchestrate]") {
  using test::require_error;
  const auto make = [](const char* text) { return [text] { CronExpression expression(text); }; };
  require_error(ErrorCode::InvalidArgument, "5", make("60 * * * *"));
  require_error(ErrorCode::InvalidArgument, "has 4 fields", make("* * * *"));
  require_error(ErrorCode::InvalidArgument, "hour", make("0 24 * * *"));
  require_error(ErrorCode::InvalidArgument, "month", make("0 0 * foo *"));
  require_error(ErrorCode::InvalidArgument, "minute", make("*/0 * * * *"));
  require_error(ErrorCode::InvalidArgument, "minute", make("5-1 * * * *"));
  require_error(ErrorCode::InvalidArgument, "minute", make(", * * * *"));
  require_error(ErrorCode::InvalidArgument, "never comes", make("0 0 30 feb *"));
  require_error(ErrorCode::InvalidArgument, "Europe/Zurich", [] { use_time_zone("Europe/Nowhere"); });
  require_error(ErrorCode::InvalidArgument, "Europe/Zurich", [] { use_time_zone("../etc/passwd"); });
}

}  // namespace
}  // namespace animalctl::orchestrate
