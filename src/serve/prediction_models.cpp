#include "serve/prediction_models.h"

#include <algorithm>

#include "serve/canary_config.h"

namespace animalctl::serve {

std::shared_ptr<ModelVersion> find_version(std::span<const std::shared_ptr<ModelVersion>> versions, int number) {
  std::shared_ptr<ModelVersion> found;
  for (const std::shared_ptr<ModelVersion>& version : versions) {
    if (whole_version(version->facts().version) != number) continue;
    if (!found || version->facts().version.size() < found->facts().version.size()) found = version;
  }
  return found;
}

std::vector<int> whole_versions(std::span<const std::shared_ptr<ModelVersion>> versions) {
  std::vector<int> numbers;
  for (const std::shared_ptr<ModelVersion>& version : versions) {
    if (const auto number = whole_version(version->facts().version)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

}  // namespace animalctl::serve
