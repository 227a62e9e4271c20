#include "label/agreement.h"

#include <utility>

namespace animalctl::label {
namespace {

struct Counts {
  std::size_t items = 0;
  std::size_t agree = 0;
  std::map<std::string, std::size_t> first;
  std::map<std::string, std::size_t> second;
};

Agreement summary(const std::pair<std::string, std::string>& people, const Counts& counts) {
  Agreement agreement;
  agreement.first = people.first;
  agreement.second = people.second;
  agreement.items = counts.items;
  agreement.agree = counts.agree;
  const auto items = static_cast<double>(counts.items);
  double by_chance = 0;
  for (const auto& [label, count] : counts.first) {
    const auto other = counts.second.find(label);
    if (other == counts.second.end()) continue;
    by_chance += static_cast<double>(count) / items * static_cast<double>(other->second) / items;
  }
  if (by_chance < 1) agreement.kappa = (static_cast<double>(counts.agree) / items - by_chance) / (1 - by_chance);
  return agreement;
}

}  // namespace

std::vector<Agreement> agreement_of(const std::map<std::string, std::map<std::string, std::string>>& labels) {
  std::map<std::pair<std::string, std::string>, Counts> pairs;
  for (const auto& [image, people] : labels) {
    for (auto first = people.begin(); first != people.end(); ++first) {
      for (auto second = std::next(first); second != people.end(); ++second) {
        Counts& counts = pairs[{first->first, second->first}];
        ++counts.items;
        if (first->second == second->second) ++counts.agree;
        ++counts.first[first->second];
        ++counts.second[second->second];
      }
    }
  }
  std::vector<Agreement> result;
  result.reserve(pairs.size());
  for (const auto& [people, counts] : pairs) result.push_back(summary(people, counts));
  return result;
}

}  // namespace animalctl::label
