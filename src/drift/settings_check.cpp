#include "drift/settings_check.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl::drift {
namespace {

template <typename Number>
void require_between(const char* name, Number value, Number low, Number high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("drift: {} is {}; it lies from {} to {}", name, value, low, high));
}

}  // namespace

void check_settings(const DriftSettings& settings) {
  require_between<std::size_t>("window", settings.window, 50, 100'000);
  require_between<std::size_t>("min_window", settings.min_window, 30, settings.window);
  require_between<std::size_t>("reference", settings.reference, 200, 100'000);
  require_between<std::size_t>("min_reference", settings.min_reference, 100, settings.reference);
  require_between<std::size_t>("persistence.windows", settings.persistence.windows, 1, 100);
  require_between<std::size_t>("persistence.needed", settings.persistence.needed, 1, settings.persistence.windows);
  require_between("alpha", settings.alpha, 1e-12, 0.5);
  require_between("min_wasserstein", settings.min_wasserstein, 0.0, 100.0);
  require_between("min_jensen_shannon", settings.min_jensen_shannon, 0.0, 1.0);
  require_between("min_mmd", settings.min_mmd, 0.0, 2.0);
  require_between("min_accuracy_change", settings.min_accuracy_change, 0.0, 1.0);
  require_between<std::size_t>("min_labelled", settings.min_labelled, 10, 1'000'000);
  require_between<std::size_t>("most_drifted_images", settings.most_drifted_images, 0, 1000);
}

}  // namespace animalctl::drift
