#include "drift/drifted_images.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

namespace animalctl::drift {
namespace {

// What pictures are measured by: the inputs that drifted, or all of them.
struct LookedAt {
  std::vector<const Reference::Number*> numbers;
  const FeatureReference* features = nullptr;
};

bool has_drifted(std::string_view name, const std::vector<InputDrift>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](const InputDrift& input) { return input.input == name && input.verdict == Verdict::Drifted; });
}

LookedAt looked_at(const Reference& reference, const std::vector<InputDrift>& inputs) {
  LookedAt drifted;
  LookedAt all;
  for (const Reference::Number& number : reference.numbers()) {
    all.numbers.push_back(&number);
    if (has_drifted(number.input->name, inputs)) drifted.numbers.push_back(&number);
  }
  if (reference.features()) all.features = &*reference.features();
  if (has_drifted(kFeaturesInput, inputs)) drifted.features = all.features;
  return drifted.numbers.empty() && drifted.features == nullptr ? all : drifted;
}

DriftedImage measure(const lake::PredictionRow& row, const LookedAt& looked) {
  DriftedImage image{row.image, row.frame, row.at_ms, row.label, row.confidence, "", 0, 0};
  double squares = 0;
  double furthest = -1;
  std::size_t known = 0;
  const auto add = [&](std::string_view input, double value, double distance) {
    squares += distance * distance;
    ++known;
    if (distance <= furthest) return;
    furthest = distance;
    image.input = input;
    image.value = value;
  };
  for (const Reference::Number* const number : looked.numbers) {
    const auto value = number->input->value(row);
    if (value) add(number->input->name, *value, std::abs(*value - number->mean) / number->deviation);
  }
  if (looked.features != nullptr) {
    for (const double distance : looked.features->distances({&row})) add(kFeaturesInput, distance, distance);
  }
  if (known > 0) image.distance = std::sqrt(squares / static_cast<double>(known));
  return image;
}

}  // namespace

std::vector<DriftedImage> most_drifted_images(const Reference& reference, std::span<const Sample> windows,
                                              const std::vector<InputDrift>& inputs, std::size_t most) {
  const LookedAt looked = looked_at(reference, inputs);
  std::vector<DriftedImage> images;
  std::unordered_set<std::string_view> seen;
  for (const Sample& window : windows) {
    for (const lake::PredictionRow* const row : window) {
      if (seen.insert(row->image).second) images.push_back(measure(*row, looked));
    }
  }
  std::stable_sort(images.begin(), images.end(),
                   [](const DriftedImage& a, const DriftedImage& b) { return a.distance > b.distance; });
  if (images.size() > most) images.resize(most);
  return images;
}

}  // namespace animalctl::drift
