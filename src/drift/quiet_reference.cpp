#include "drift/quiet_reference.h"

#include <algorithm>
#include <vector>

#include "animalctl/stats/persistence.h"
#include "drift/reference.h"

namespace animalctl::drift {

std::size_t fewest_reference_answers(const DriftSettings& settings) {
  return std::max(2 * settings.window, settings.min_reference);
}

std::size_t quiet_answers(Answers oldest, const DriftSettings& settings) {
  const std::size_t most = std::min(oldest.size(), settings.reference);
  std::size_t quiet = std::min(fewest_reference_answers(settings), most);
  std::vector<std::uint8_t> hits;  // of the last windows
  for (std::size_t end = quiet + settings.window; end <= most; end += settings.window) {
    const Reference so_far(different_pictures(oldest.first(quiet)), settings);
    const auto tests = so_far.test(different_pictures(oldest.subspan(end - settings.window, settings.window)));
    hits.push_back(std::any_of(tests.begin(), tests.end(), [](const WindowTest& test) { return test.drifted; }) ? 1
                                                                                                                : 0);
    if (hits.size() > settings.persistence.windows) hits.erase(hits.begin());
    if (persistent_drift(hits, settings.persistence).drifted) break;
    // A window that looks odd is not learnt from before the next ones have spoken.
    if (std::find(hits.begin(), hits.end(), 1) == hits.end()) quiet = end;
  }
  return quiet;
}

}  // namespace animalctl::drift
