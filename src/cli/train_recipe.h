#pragma once

#include <string_view>

#include "animalctl/train/train.h"

namespace animalctl::cli {

// Where a run's weights come from, and what of them learns.
enum class Start {
  FromNothing,
  FrozenBackbone,  // pretrained, the head alone learns
  FineTuning,      // pretrained, (part of) the backbone learns too
};

// A network without a backbone has no other start with weights than from an earlier model as a whole: both of the last
// two mean that.
//
// The settings that an architecture is best trained with, for everything the user did not choose. animalnet, and an
// architecture that is not known, get the seed's defaults. The figures behind the numbers are in docs/performance.md.
TrainConfig recommended_settings(std::string_view architecture, Start start);

}  // namespace animalctl::cli
