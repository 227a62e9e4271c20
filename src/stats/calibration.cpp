#include "animalctl/stats/calibration.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

double expected_calibration_error(std::span<const double> confidences, std::span<const std::uint8_t> is_correct,
                                  int bins) {
  if (confidences.size() != is_correct.size() || confidences.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("cannot judge calibration on {} confidences with {} answers; both must be equally many, "
                            "at least one",
                            confidences.size(), is_correct.size()));
  }
  if (bins < 1) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("cannot judge calibration with {} bins; at least 1", bins));
  }
  std::vector<double> confidence_sum(static_cast<std::size_t>(bins));
  std::vector<double> correct_sum(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    const double confidence = confidences[i];
    if (!(confidence >= 0 && confidence <= 1)) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("cannot judge calibration: confidence {} is {}, not in 0..1", i, confidence));
    }
    const auto bin = static_cast<std::size_t>(std::max(0.0, std::ceil(confidence * bins) - 1));
    confidence_sum[bin] += confidence;
    correct_sum[bin] += is_correct[i] != 0;
  }
  double error = 0;
  for (std::size_t bin = 0; bin < confidence_sum.size(); ++bin)
    error += std::abs(correct_sum[bin] - confidence_sum[bin]);
  return error / static_cast<double>(confidences.size());
}

}  // namespace animalctl
