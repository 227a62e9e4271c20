#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "animalctl/report/analysis.h"

namespace animalctl {

// The slices of analyse(): by size, brightness and source. `is_correct[i]` belongs to `images[i]`.
std::vector<Slice> find_slices(std::span<const ReportImage> images, std::span<const std::uint8_t> is_correct);

}  // namespace animalctl
