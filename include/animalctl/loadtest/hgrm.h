#pragma once

#include <string>

#include "animalctl/loadtest/latency_histogram.h"

namespace animalctl::loadtest {

// The percentile distribution as HdrHistogram's tools print and plot it (".hgrm"): value in milliseconds, percentile,
// count up to it, 1/(1 − percentile); five lines each time the distance to 100 % halves; mean, deviation, maximum and
// count at the end.
std::string hgrm_text(const LatencyHistogram& histogram);

}  // namespace animalctl::loadtest
