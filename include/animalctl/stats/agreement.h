#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace animalctl {

// Cohen's kappa (Cohen 1960) of two raters from `counts` [classes * classes], row = first rater, column = second:
// (observed agreement - chance agreement) / (1 - chance agreement), as sklearn.metrics.cohen_kappa_score. 1 is full
// agreement, 0 what chance gives, negative less than chance. Both raters giving one and the same class to everything
// agree fully: 1 (scikit-learn returns NaN).
// Throws InvalidArgument when classes is 0, counts has another length, or there are no items. Thread-safe.
double cohens_kappa(std::span<const std::uint64_t> counts, std::size_t classes);

}  // namespace animalctl
