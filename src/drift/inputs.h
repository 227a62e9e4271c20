#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "animalctl/lake/predictions.h"

namespace animalctl::drift {

using Answers = std::span<const lake::PredictionRow>;

// Answers of which each picture counts once: a camera that sends one picture a hundred times says nothing new.
using Sample = std::vector<const lake::PredictionRow*>;

// The first answer of each different picture, in their order. The result points into `answers`.
Sample different_pictures(Answers answers);

// A number that is recorded with each answer.
struct NumberInput {
  std::string_view name;
  std::optional<double> (*value)(const lake::PredictionRow& row);
};

// All of them, in the order of the report.
std::span<const NumberInput> number_inputs();

inline constexpr std::string_view kClassInput = "class";
inline constexpr std::string_view kFeaturesInput = "features";
inline constexpr std::string_view kDisagreementInput = "disagreement";

// The values of those that have one.
std::vector<double> values_of(const NumberInput& input, const Sample& sample);

}  // namespace animalctl::drift
