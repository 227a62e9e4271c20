#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace animalctl {

// A sample that is not empty and holds finite numbers only, ascending; otherwise throws InvalidArgument with `name`.
std::vector<double> sorted_sample(std::span<const double> values, std::string_view name);

// The same check without the copy.
void check_sample(std::span<const double> values, std::string_view name);

// The quantile at `share` (0..1) of an ascending sample that is not empty, with linear interpolation (type 7 of
// Hyndman and Fan, The American Statistician 1996; numpy.percentile's default).
double sorted_quantile(std::span<const double> sorted, double share);

}  // namespace animalctl
