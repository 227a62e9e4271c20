#include "animalctl/stats/agreement.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

double cohens_kappa(std::span<const std::uint64_t> counts, std::size_t classes) {
  if (classes == 0 || counts.size() / classes != classes || counts.size() % classes != 0) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} counts do not make a table of {} by {} classes", counts.size(), classes, classes));
  }
  double total = 0;
  double agreed = 0;
  double by_chance = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    double row = 0;
    double column = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      row += static_cast<double>(counts[i * classes + j]);
      column += static_cast<double>(counts[j * classes + i]);
    }
    total += row;
    agreed += static_cast<double>(counts[i * classes + i]);
    by_chance += row * column;
  }
  if (total == 0) throw Error(ErrorCode::InvalidArgument, "no items were rated; kappa needs at least one");
  // Whole numbers until the last division: 1 means exactly 1.
  const double denominator = total * total - by_chance;
  return denominator > 0 ? (total * agreed - by_chance) / denominator : 1;
}

}  // namespace animalctl
