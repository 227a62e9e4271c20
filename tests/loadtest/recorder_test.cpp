#include "loadtest/recorder.h"

#include "support/catch_compat.h"

namespace animalctl::loadtest {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a report counts requests due in the window and rates inside it", "[loadtest]") {
  Recorder recorder(milliseconds(1000), milliseconds(3000), std::nullopt);
  recorder.answered(milliseconds(900), milliseconds(950), 200);   // warm-up throughout
  recorder.answered(milliseconds(990), milliseconds(1100), 200);  // answered in the window, due before it
  recorder.answered(milliseconds(1500), milliseconds(1510), 200);
  recorder.answered(milliseconds(1600), milliseconds(1605), 503);
  recorder.answered(milliseconds(2990), milliseconds(3200), 201);  // due in the window, answered after it
  recorder.failed(milliseconds(500), FailureKind::Timeout);        // warm-up
  recorder.failed(milliseconds(2000), FailureKind::Closed);
  const LoadReport report = recorder.finish(false);
  CHECK(report.seconds == 2.0);
  CHECK((report.answers_in_window == 3 && report.good_in_window == 2));
  CHECK((report.answers_per_second() == 1.5 && report.good_per_second() == 1.0));
  CHECK(report.statuses == std::map<int, std::uint64_t>{{200, 1}, {201, 1}, {503, 1}});
  CHECK((report.good_latency.count() == 2 && report.good_latency.max() == milliseconds(210)));
  CHECK(report.refused_latency.max() == milliseconds(5));
  CHECK((report.answers() == 3 && report.failed() == 1 && report.error_share() == 0.5));
  CHECK(report.failures[static_cast<std::size_t>(FailureKind::Closed)] == 1);
  CHECK(report.share_within(milliseconds(100)) == 0.25);
}

TEST_CASE("a run that ends early is measured up to its last answer", "[loadtest]") {
  Recorder recorder(milliseconds(0), milliseconds(10'000), std::nullopt);
  recorder.answered(milliseconds(0), milliseconds(250), 200);
  recorder.answered(milliseconds(0), milliseconds(500), 200);
  const LoadReport report = recorder.finish(true);
  CHECK((report.seconds == 0.5 && report.good_per_second() == 4));
}

TEST_CASE("an empty report has no rates, shares or quantiles", "[loadtest]") {
  const LoadReport report = Recorder(milliseconds(0), milliseconds(10), std::nullopt).finish(true);
  CHECK((report.good_per_second() == 0 && report.error_share() == 0 && report.share_within(milliseconds(1)) == 0));
}

TEST_CASE("a run is given up when more than the allowed number are late, refused or failed", "[loadtest]") {
  Recorder recorder(milliseconds(1000), milliseconds(3000), GiveUp{milliseconds(10), 3});
  for (int i = 0; i < 9; ++i) recorder.answered(milliseconds(500), milliseconds(900), 200);  // warm-up
  recorder.answered(milliseconds(1500), milliseconds(1510), 200);                            // in time
  recorder.answered(milliseconds(1500), milliseconds(1511), 200);
  recorder.answered(milliseconds(1500), milliseconds(1501), 503);
  recorder.failed(milliseconds(1500), FailureKind::Timeout);
  CHECK(!recorder.should_give_up());
  recorder.failed(milliseconds(1500), FailureKind::Timeout);
  CHECK(recorder.should_give_up());
}

TEST_CASE("every kind of failure has a name of its own", "[loadtest]") {
  std::map<std::string_view, int> names;
  for (std::size_t i = 0; i < kFailureKinds; ++i) ++names[to_string(static_cast<FailureKind>(i))];
  CHECK(names.size() == kFailureKinds);
}

}  // namespace
}  // namespace animalctl::loadtest
