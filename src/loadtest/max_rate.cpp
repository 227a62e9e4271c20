#include "animalctl/loadtest/max_rate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "animalctl/base/error.h"

namespace animalctl::loadtest {
namespace {

constexpr double kGrowth = 1.5;
constexpr double kLowest = 0.1;
constexpr double kAnsweredShare = 0.95;

// What is known of the answer, and which rate to try next.
class Search {
 public:
  explicit Search(const MaxRateSettings& settings) : settings_(settings) {}

  double next() const {
    if (held_ == 0 && failed_ == 0) return std::min(settings_.start, settings_.highest);
    if (failed_ == 0) return std::min(held_ * kGrowth, settings_.highest);
    if (held_ == 0) return failed_ / 2;
    return std::sqrt(held_ * failed_);
  }
  bool settled() const {
    if (held_ >= settings_.highest) return true;
    if (failed_ > 0 && failed_ <= kLowest) return true;
    return held_ > 0 && failed_ > 0 && failed_ <= held_ * (1 + settings_.precision);
  }
  void learn(double rate, bool holds) { (holds ? held_ : failed_) = rate; }
  double held() const { return held_; }

 private:
  const MaxRateSettings& settings_;
  double held_ = 0;
  double failed_ = 0;
};

void check(const MaxRateSettings& settings) {
  const bool good = settings.start > 0 && settings.highest > 0 && settings.precision > 0 && settings.max_probes > 0;
  if (!good || !std::isfinite(settings.start)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("start {}, highest rate {}, precision {} and probes {} must all be above 0", settings.start,
                            settings.highest, settings.precision, settings.max_probes));
  }
}

}  // namespace

MaxRate find_max_rate(const MaxRateSettings& settings, const Probe& probe, std::stop_token stop) {
  check(settings);
  Search search(settings);
  MaxRate result;
  const auto room = [&] {
    return static_cast<int>(result.probes.size()) < settings.max_probes && !stop.stop_requested();
  };
  while (room() && !search.settled()) {
    const double rate = search.next();
    result.probes.push_back(probe(rate));
    if (!result.probes.back().holds && room()) result.probes.push_back(probe(rate));
    // What was cut short says nothing.
    if (stop.stop_requested()) break;
    search.learn(rate, result.probes.back().holds);
  }
  result.rate = search.held();
  result.settled = search.settled();
  return result;
}

Probe load_probe(const LoadSettings& settings, const RateBound& bound, const std::stop_token& stop) {
  return [settings, bound, stop](double rate) {
    LoadSettings run = settings;
    run.rate = rate;
    const double expected = rate * std::chrono::duration<double>(run.duration).count();
    // The number of arrivals is random: a fifth more than the bound allows leaves no doubt.
    run.give_up = GiveUp{bound.latency, static_cast<std::uint64_t>(expected * (1 - bound.quantile) * 1.2) + 2};
    const LoadReport report = run_load_test(run, stop);
    RateProbe result;
    result.rate = rate;
    result.achieved = report.good_per_second();
    result.latency = report.good_latency.quantile(bound.quantile);
    result.error_share = report.error_share();
    const bool answered = result.achieved >= kAnsweredShare * rate || report.answers_in_window + 10 >= expected;
    result.holds = !report.gave_up && report.share_within(bound.latency) >= bound.quantile &&
                   result.error_share <= bound.max_error_share && answered;
    return result;
  };
}

}  // namespace animalctl::loadtest
