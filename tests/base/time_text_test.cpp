#include "animalctl/base/time_text.h"

#include "support/catch_compat.h"

namespace animalctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Point = std::chrono::system_clock::time_point;

std::int64_t milliseconds_of(const char* text) {
  const auto time = parse_iso_time(text);
  REQUIRE(time);
  return std::chrono::duration_cast<milliseconds>(time->time_since_epoch()).count();
}

}  // namespace

TEST_CASE("times are written in UTC to the millisecond, before 1970 too") {
  CHECK(iso_time(Point{}) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_time(Point{} - milliseconds(1)) == "1969-12-31T23:59:59.999Z");
  CHECK(iso_time(Point{} + seconds(1'582'934'400) + milliseconds(7)) == "2020-02-29T00:00:00.007Z");
  CHECK(iso_time(Point{} + std::chrono::microseconds(1999)) == "1970-01-01T00:00:00.001Z");
}

TEST_CASE("what is written is read back, and so are RFC 3339's other forms") {
  for (const char* text : {"1970-01-01T00:00:00.000Z", "2020-02-29T23:59:59.999Z", "2026-11-25T14:03:59.123Z"}) {
    CHECK(iso_time(*parse_iso_time(text)) == text);
  }
  CHECK(milliseconds_of("1970-01-02T00:00:00Z") == 86'400'000);
  CHECK(milliseconds_of("1970-01-01 01:00:00+01:00") == 0);
  CHECK(milliseconds_of("1970-01-01t00:00:00z") == 0);
  CHECK(milliseconds_of("1970-01-01T00:00:00-00:30") == 1'800'000);
  CHECK(milliseconds_of("1970-01-01T00:00:00.5Z") == 500);
  CHECK(milliseconds_of("1970-01-01T00:00:00.123456789Z") == 123);
  CHECK(milliseconds_of("2016-12-31T23:59:60Z") == milliseconds_of("2017-01-01T00:00:00Z"));
}

TEST_CASE("what is no time is none") {
  for (const char* text : {"",
                           "2026",
                           "2026-11-25",
                           "2026-11-25T14:03:59",
                           "2026-11-25T14:03:59ZZ",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00.1234567890Z",
                           "2026-01-01T00:00:00+1:00",
                           "2026-01-01T00:00:00+24:00",
                           "1969-12-31T23:59:59Z",
                           "2201-01-01T00:00:00Z",
                           "20260101T000000Z",
                           "+026-01-01T00:00:00Z",
                           "2026-01-01X00:00:00Z",
                           " 2026-01-01T00:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(parse_iso_time(text));
  }
}

}  // namespace animalctl
