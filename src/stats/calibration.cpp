#include "animalctl/stats/calibration.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

namespace {

struct BinSums {
  std::size_t count = 0;
  std::size_t correct = 0;
  double confidence = 0;
};

std::vector<BinSums> sum_bins(std::span<const double> confidences, std::span<const std::uint8_t> is_correct, int bins) {
  if (confidences.size() != is_correct.size() || confidences.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot judge calibration on {} confidences with {} answers; both must be equally many, "
                            "at least one",
                            confidences.size(), is_correct.size()));
  }
  if (bins < 1) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot judge calibration with {} bins; at least 1", bins));
  }
  std::vector<BinSums> sums(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    const double confidence = confidences[i];
    if (!(confidence >= 0 && confidence <= 1)) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("cannot judge calibration: confidence {} is {}, not in 0..1", i, confidence));
    }
    BinSums& bin = sums[static_cast<std::size_t>(std::max(0.0, std::ceil(confidence * bins) - 1))];
    ++bin.count;
    bin.correct += is_correct[i] != 0 ? 1 : 0;
    bin.confidence += confidence;
  }
  return sums;
}

}  // namespace

double expected_calibration_error(std::span<const double> confidences, std::span<const std::uint8_t> is_correct,
                                  int bins) {
  double error = 0;
  for (const BinSums& bin : sum_bins(confidences, is_correct, bins)) {
    error += std::abs(static_cast<double>(bin.correct) - bin.confidence);
  }
  return error / static_cast<double>(confidences.size());
}

std::vector<ReliabilityBin> reliability_bins(std::span<const double> confidences,
                                             std::span<const std::uint8_t> is_correct, int bins) {
  std::vector<ReliabilityBin> result;
  for (const BinSums& sums : sum_bins(confidences, is_correct, bins)) {
    const auto index = static_cast<double>(result.size());
    ReliabilityBin bin{index / bins, (index + 1) / bins, sums.count, sums.correct, 0, 0};
    if (sums.count > 0) {
      bin.mean_confidence = sums.confidence / static_cast<double>(sums.count);
      bin.accuracy = static_cast<double>(sums.correct) / static_cast<double>(sums.count);
    }
    result.push_back(bin);
  }
  return result;
}

}  // namespace animalctl
