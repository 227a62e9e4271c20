#pragma once

#include <string>
#include <vector>

#include "animalctl/lake/database.h"
#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/settings.h"
#include "animalctl/orchestrate/triggers.h"
#include "animalctl/registry/registry.h"
#include "orchestrate/canary_evidence.h"
#include "orchestrate/label_scan.h"

namespace animalctl::orchestrate {

// The labelled images as they are now.
struct DataState {
  std::string digest;               // registry::data_digest() over name, content and label
  std::vector<LabelEntry> entries;  // sorted by key
  std::vector<std::int64_t> by_class;
};

// Reads all labels and takes the contents from the lake's index of frames, which must have been refreshed; frames that
// are not in it (unreadable) do not count.
DataState read_data_state(const Places& places, int threads, lake::Database& database);

// What people said themselves of the frames whose content the lake knows.
LabelledPictures read_labelled_pictures(const Places& places, int threads, lake::Database& database);

// The version in service and the labels it was trained with: those that its run wrote down, else the frames of the
// version's snapshots (kSomeLabel).
struct ChampionData {
  Champion champion;
  std::optional<std::vector<LabelEntry>> labels;  // nothing when neither is there
};
// Nothing when there is no champion.
std::optional<ChampionData> read_champion(const registry::ModelRegistry& registry, const Places& places,
                                          lake::RunRecords& records);

}  // namespace animalctl::orchestrate
