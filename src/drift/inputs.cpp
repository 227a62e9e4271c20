#include "drift/inputs.h"

#include <array>
#include <unordered_set>

namespace animalctl::drift {
namespace {

using lake::PredictionRow;

constexpr std::array<NumberInput, 8> kInputs = {{
    {"score", [](const PredictionRow& row) { return row.score; }},
    {"confidence", [](const PredictionRow& row) { return std::optional(row.confidence); }},
    {"size",
     [](const PredictionRow& row) {
       const bool known = row.width > 0 && row.height > 0;
       return known ? std::optional(static_cast<double>(row.width) * static_cast<double>(row.height) / 1e6)
                    : std::nullopt;
     }},
    {"aspect",
     [](const PredictionRow& row) {
       const bool known = row.width > 0 && row.height > 0;
       return known ? std::optional(static_cast<double>(row.width) / static_cast<double>(row.height)) : std::nullopt;
     }},
    {"brightness", [](const PredictionRow& row) { return row.measures.brightness; }},
    {"contrast", [](const PredictionRow& row) { return row.measures.contrast; }},
    {"saturation", [](const PredictionRow& row) { return row.measures.saturation; }},
    {"sharpness", [](const PredictionRow& row) { return row.measures.sharpness; }},
}};

}  // namespace

std::span<const NumberInput> number_inputs() {
  return kInputs;
}

Sample different_pictures(Answers answers) {
  Sample sample;
  sample.reserve(answers.size());
  std::unordered_set<std::string_view> seen;
  seen.reserve(answers.size());
  for (const PredictionRow& row : answers) {
    if (seen.insert(row.image).second) sample.push_back(&row);
  }
  return sample;
}

std::vector<double> values_of(const NumberInput& input, const Sample& sample) {
  std::vector<double> values;
  values.reserve(sample.size());
  for (const PredictionRow* const row : sample) {
    if (const auto value = input.value(*row)) values.push_back(*value);
  }
  return values;
}

}  // namespace animalctl::drift
