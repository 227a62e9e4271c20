#include "train/mixing.h"

#include <algorithm>
#include <cmath>

namespace animalctl {

torch::Tensor mix_pairs(torch::Tensor& input, const torch::Tensor& targets, std::size_t class_count,
                        RandomStream& random) {
  const std::int64_t height = input.size(2);
  const std::int64_t width = input.size(3);
  const double side = std::sqrt(random.uniform());
  const auto part = [&](std::int64_t whole) {
    return std::clamp<std::int64_t>(std::llround(side * static_cast<double>(whole)), 0, whole);
  };
  const std::int64_t rows = part(height);
  const std::int64_t columns = part(width);
  const auto top = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(height - rows + 1)));
  const auto left = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(width - columns + 1)));
  const torch::Tensor place = input.slice(2, top, top + rows).slice(3, left, left + columns);
  place.copy_(place.flip({0}));
  const double share = static_cast<double>(rows * columns) / static_cast<double>(height * width);
  const torch::Tensor labels =
      class_count == 2
          ? targets
          : torch::one_hot(targets.to(torch::kLong), static_cast<std::int64_t>(class_count)).to(torch::kFloat);
  return labels * (1 - share) + labels.flip({0}) * share;
}

}  // namespace animalctl
