#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "animalctl/loadtest/load_test.h"

namespace animalctl::loadtest {

// One try of a rate.
struct RateProbe {
  double rate = 0;                     // requests a second that were due
  double achieved = 0;                 // good answers a second
  std::chrono::nanoseconds latency{};  // the quantile that is bounded
  double error_share = 0;
  bool holds = false;
};

struct MaxRateSettings {
  double start = 100;       // the first rate tried
  double highest = 1e6;     // never exceeded
  double precision = 0.05;  // ends when the lowest rate that failed is within this share of the highest that held
  int max_probes = 20;
};

struct MaxRate {
  double rate = 0;  // the highest that held; 0 when none did
  std::vector<RateProbe> probes;
  bool settled = false;  // false: the probes ran out first, or the search was stopped
};

// Tries one rate.
using Probe = std::function<RateProbe(double rate)>;

// Looks for the highest rate that holds: grows by half while rates hold, halves while none has, then bisects (the
// geometric middle) between the highest that held and the lowest that failed. A rate that fails is tried once more
// before it counts as failed: one hiccup of the machine must not end the search. A requested `stop` ends it after the
// probe in progress. Throws InvalidArgument for settings out of range, and what `probe` throws.
MaxRate find_max_rate(const MaxRateSettings& settings, const Probe& probe, std::stop_token stop = {});

// What a rate must keep.
struct RateBound {
  std::chrono::nanoseconds latency{};
  double quantile = 0.99;
  double max_error_share = 0.01;
};

// The probe that runs `settings` with a rate in place of its own. A rate holds when the share `quantile` of all
// requests was answered well within the bound (a failure counts as too late), failures and refusals are within their
// share, and 95 % of the rate was answered. A run whose outcome is known is cut short.
Probe load_probe(const LoadSettings& settings, const RateBound& bound, const std::stop_token& stop);

}  // namespace animalctl::loadtest
