#include "console/drift_cache.h"

#include "animalctl/drift/drift_report.h"
#include "animalctl/lake/database.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::console {
namespace {

constexpr std::chrono::seconds kFresh{30};

}  // namespace

std::string DriftCache::report() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (made_ && now - *made_ < kFresh) return report_;
  // A connection of its own: the report takes longer than other calls should wait.
  const auto database = lake::Database::open(settings_.database);
  const lake::Predictions tables(*database);
  drift::DriftQuery query;
  if (!settings_.annotations_dir.empty()) {
    query.labels = drift::read_labelled_contents(*database, settings_.annotations_dir.string());
  }
  report_ = drift::to_json(drift::drift_report(*database, query));
  made_ = std::chrono::steady_clock::now();
  return report_;
}

}  // namespace animalctl::console
