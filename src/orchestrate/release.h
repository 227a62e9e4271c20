#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/settings.h"
#include "animalctl/orchestrate/triggers.h"
#include "animalctl/registry/registry.h"
#include "orchestrate/gates.h"
#include "orchestrate/run_folder.h"
#include "orchestrate/run_plan.h"

namespace animalctl::orchestrate {

// How `serve` shares requests out: config/config.json (docs/formats/canary-config.md).
struct TrafficShare {
  double traffic = 1;  // to `current`
  std::int64_t current = 1;
  std::int64_t previous = 1;
  bool shadow = false;
  bool operator==(const TrafficShare&) const = default;
};
// What is in the file; nothing when there is none. Throws DataLoss when it is garbled.
std::optional<TrafficShare> read_traffic(const std::filesystem::path& file);
// Writes it in one durable step, unless it says that already; `serve` follows by itself.
void write_traffic(const std::filesystem::path& file, const TrafficShare& share);

// The version record of a run whose steps are done: metrics, gates, lineage.
registry::VersionRecord version_record(const lake::RunRow& run, const RunPlan& plan, const RunFolder& folder,
                                       const std::vector<Gate>& gates);

// Registers the run's model; does nothing when it is registered. Throws as ModelRegistry, FailedPrecondition when
// another run took its version.
void register_run(const registry::ModelRegistry& registry, const lake::RunRow& run, const RunPlan& plan,
                  const RunFolder& folder, const std::vector<Gate>& gates, TimePoint now);

// Lays the version's archive into the model store as <model>-N.mar, where `serve` finds it.
void publish_archive(const registry::ModelRegistry& registry, const Places& places, std::int64_t version);

// Makes a version the champion that answers all requests: archive, registry, traffic, in this order; each part is
// passed over when it is done. Killed at any moment: doing it again ends in the same state.
void promote_version(const registry::ModelRegistry& registry, const Places& places, std::int64_t version,
                     const std::string& reason, TimePoint now);

inline constexpr const char* kOrchestrator = "orchestrate";

}  // namespace animalctl::orchestrate
