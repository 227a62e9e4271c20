#include "animalctl/loadtest/max_rate.h"

#include <algorithm>
#include <cmath>

#include "animalctl/loadtest/poisson_schedule.h"
#include "support/catch_compat.h"

namespace animalctl::loadtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::require_error;

// One server, exponential service of 1/mu: the time in the system is exponential with rate mu − lambda (M/M/1), so the
// share 0.99 is within ln(100)/(mu − lambda).
constexpr double kServiceRate = 1000;

RateProbe simulate(double rate, nanoseconds bound, std::uint64_t seed) {
  PoissonSchedule arrivals(rate, seed);
  RandomStream service(seed, "service");
  LatencyHistogram latency;
  nanoseconds free_at{0};
  for (int i = 0; i < 60'000; ++i) {
    const nanoseconds due = *arrivals.take_due(nanoseconds::max());
    const auto work = nanoseconds(std::llround(-std::log1p(-service.uniform()) * 1e9 / kServiceRate));
    free_at = std::max(free_at, due) + work;
    latency.record(free_at - due);
  }
  RateProbe probe;
  probe.rate = rate;
  probe.latency = latency.quantile(0.99);
  probe.holds = probe.latency <= bound;
  return probe;
}

TEST_CASE("the highest rate of a simulated server is the one that queueing theory gives", "[loadtest]") {
  for (const int bound : {10, 20, 50}) {
    const double expected = kServiceRate - std::log(100.0) / (bound / 1e3);
    for (const double start : {1.0, 300.0, 5000.0}) {
      MaxRateSettings settings;
      settings.start = start;
      settings.precision = 0.02;
      settings.max_probes = 60;
      std::uint64_t seed = 0;
      const MaxRate result =
          find_max_rate(settings, [&](double rate) { return simulate(rate, milliseconds(bound), ++seed); });
      INFO(bound << " ms from " << start << "/s: " << result.rate << ", expected " << expected);
      CHECK(result.settled);
      CHECK(std::abs(result.rate / expected - 1) < 0.05);
    }
  }
}

TEST_CASE("a hiccup does not end the search for the highest rate", "[loadtest]") {
  int calls = 0;
  const Probe probe = [&](double rate) {
    // Each second call fails whatever the rate.
    const bool hiccup = ++calls % 2 == 1;
    RateProbe result;
    result.rate = rate;
    result.holds = rate <= 700 && !hiccup;
    return result;
  };
  MaxRateSettings settings;
  settings.max_probes = 100;
  const MaxRate result = find_max_rate(settings, probe);
  CHECK(result.settled);
  CHECK((result.rate <= 700 && result.rate >= 700 / 1.06));
}

TEST_CASE("the search for the highest rate ends at its limits", "[loadtest]") {
  const Probe holds = [](double rate) { return RateProbe{rate, rate, {}, 0, true}; };
  const Probe fails = [](double rate) { return RateProbe{rate, 0, {}, 0, false}; };
  MaxRateSettings settings;
  settings.highest = 1000;
  const MaxRate highest = find_max_rate(settings, holds);
  CHECK((highest.settled && highest.rate == 1000));
  settings.max_probes = 100;
  const MaxRate none = find_max_rate(settings, fails);
  CHECK((none.settled && none.rate == 0));
  settings.max_probes = 3;
  const MaxRate cut = find_max_rate(settings, holds);
  CHECK((!cut.settled && cut.rate == 225 && cut.probes.size() == 3));
  std::stop_source stop;
  const Probe stopping = [&](double rate) {
    stop.request_stop();
    return RateProbe{rate, rate, {}, 0, true};
  };
  const MaxRate stopped = find_max_rate(settings, stopping, stop.get_token());
  CHECK((!stopped.settled && stopped.rate == 0 && stopped.probes.size() == 1));
}

TEST_CASE("settings of the search out of range are refused", "[loadtest]") {
  const Probe holds = [](double rate) { return RateProbe{rate, rate, {}, 0, true}; };
  for (int i = 0; i < 4; ++i) {
    MaxRateSettings settings;
    if (i == 0) settings.start = 0;
    if (i == 1) settings.highest = -1;
    if (i == 2) settings.precision = 0;
    if (i == 3) settings.max_probes = 0;
    require_error(ErrorCode::InvalidArgument, "must all be above 0", [&] { (void)find_max_rate(settings, holds); });
  }
}

}  // namespace
}  // namespace animalctl::loadtest
