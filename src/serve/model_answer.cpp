#include "serve/model_answer.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

#include "animalctl/base/text.h"

namespace animalctl::serve {
namespace {

constexpr std::size_t kMostNames = 5;

// One probability a class, also of two.
std::vector<float> all_scores(const Prediction& prediction) {
  if (prediction.scores.size() != 1) return prediction.scores;
  return {1 - prediction.scores.front(), prediction.scores.front()};
}

std::string name_of(const ModelVersion& version, std::size_t index) {
  const std::vector<std::string>& names = version.facts().names;
  if (index < names.size()) return names[index];
  const std::vector<std::string>& classes = version.model().info().classes;
  return index < classes.size() ? classes[index] : fmt::format("{}", index);
}

}  // namespace

Verdict verdict_of(const ModelVersion& version, const Prediction& prediction) {
  const std::vector<std::string>& classes = version.model().info().classes;
  const std::vector<float>& scores = prediction.scores;
  if (scores.size() == 1) {
    const double score = scores.front();
    return {classes.at(score >= version.facts().threshold ? 1 : 0), score};
  }
  const auto best = std::max_element(scores.begin(), scores.end());
  return {classes.at(static_cast<std::size_t>(best - scores.begin())), *best};
}

nlohmann::ordered_json answer_of(const ModelVersion& version, const Prediction& prediction) {
  if (version.facts().animal_answer) {
    const Verdict verdict = verdict_of(version, prediction);
    return {{"animal", to_lower(verdict.name)}, {"score", verdict.score}};
  }
  const std::vector<float> scores = all_scores(prediction);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto shown = order.begin() + static_cast<std::ptrdiff_t>(std::min(kMostNames, order.size()));
  std::partial_sort(order.begin(), shown, order.end(), [&](std::size_t left, std::size_t right) {
    return scores[left] != scores[right] ? scores[left] > scores[right] : left < right;
  });
  nlohmann::ordered_json answer = nlohmann::ordered_json::object();
  for (auto index = order.begin(); index != shown; ++index) {
    // Two classes may have one name: the more probable one has it.
    const std::string name = name_of(version, *index);
    if (!answer.contains(name)) answer[name] = static_cast<double>(scores[*index]);
  }
  return answer;
}

}  // namespace animalctl::serve
