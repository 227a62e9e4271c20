#pragma once

#include <string_view>

#include "animalctl/train/train.h"

namespace animalctl::cli {

// The settings that an architecture is best trained with, for everything the user did not choose. `pretrained`: weights
// are given. animalnet, and an architecture that is not known, get the seed's defaults. The figures behind the numbers
// are in docs/performance.md.
TrainConfig recommended_settings(std::string_view architecture, bool pretrained);

}  // namespace animalctl::cli
