#include "orchestrate/live_facts.h"

#include <algorithm>

#include "animalctl/drift/drift_report.h"

namespace animalctl::orchestrate {

LiveFacts read_live_facts(const OrchestrateSettings& settings, const Champion& champion, lake::Database& database) {
  const TriggerSettings& triggers = settings.triggers;
  drift::DriftQuery query;
  query.model = settings.places.model;
  query.version = champion.version;
  query.validation_accuracy = champion.test_accuracy;
  query.labels = drift::read_labelled_contents(database, settings.places.annotations_dir.string());
  query.settings.window = static_cast<std::size_t>(triggers.live_window);
  query.settings.min_window = std::min(query.settings.min_window, query.settings.window);
  query.settings.persistence = {static_cast<std::size_t>(triggers.persistence_needed),
                                static_cast<std::size_t>(triggers.persistence_windows)};
  query.settings.most_drifted_images = 0;
  const drift::DriftReport report = drift::drift_report(database, query);
  LiveFacts facts;
  if (report.model.empty()) return facts;
  facts.drift_verdict = std::string(drift::to_string(report.verdict));
  facts.drift_reason = report.reason;
  for (const drift::InputDrift& input : report.inputs) {
    facts.hits = std::max(facts.hits, static_cast<std::int64_t>(input.hits));
    facts.looked = std::max(facts.looked, static_cast<std::int64_t>(input.looked));
  }
  facts.audited = static_cast<std::int64_t>(report.accuracy.audited);
  facts.audited_right = static_cast<std::int64_t>(report.accuracy.audited_right);
  facts.audited_high = report.accuracy.audited_interval.high;
  return facts;
}

}  // namespace animalctl::orchestrate
