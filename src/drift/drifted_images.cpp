#include "drift/drifted_images.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

namespace animalctl::drift {
namespace {

std::vector<const Reference::Number*> looked_at(const Reference& reference, const std::vector<InputDrift>& inputs) {
  std::vector<const Reference::Number*> drifted;
  std::vector<const Reference::Number*> all;
  for (const Reference::Number& number : reference.numbers()) {
    all.push_back(&number);
    const auto found = std::find_if(inputs.begin(), inputs.end(),
                                    [&](const InputDrift& input) { return input.input == number.input->name; });
    if (found != inputs.end() && found->verdict == Verdict::Drifted) drifted.push_back(&number);
  }
  return drifted.empty() ? all : drifted;
}

DriftedImage measure(const lake::PredictionRow& row, const std::vector<const Reference::Number*>& numbers) {
  DriftedImage image{row.image, row.frame, row.at_ms, row.label, row.confidence, "", 0, 0};
  double squares = 0;
  double furthest = -1;
  std::size_t known = 0;
  for (const Reference::Number* const number : numbers) {
    const auto value = number->input->value(row);
    if (!value) continue;
    const double distance = std::abs(*value - number->mean) / number->deviation;
    squares += distance * distance;
    ++known;
    if (distance <= furthest) continue;
    furthest = distance;
    image.input = number->input->name;
    image.value = *value;
  }
  if (known > 0) image.distance = std::sqrt(squares / static_cast<double>(known));
  return image;
}

}  // namespace

std::vector<DriftedImage> most_drifted_images(const Reference& reference, std::span<const Sample> windows,
                                              const std::vector<InputDrift>& inputs, std::size_t most) {
  const std::vector<const Reference::Number*> numbers = looked_at(reference, inputs);
  std::vector<DriftedImage> images;
  std::unordered_set<std::string_view> seen;
  for (const Sample& window : windows) {
    for (const lake::PredictionRow* const row : window) {
      if (seen.insert(row->image).second) images.push_back(measure(*row, numbers));
    }
  }
  std::stable_sort(images.begin(), images.end(),
                   [](const DriftedImage& a, const DriftedImage& b) { return a.distance > b.distance; });
  if (images.size() > most) images.resize(most);
  return images;
}

}  // namespace animalctl::drift
