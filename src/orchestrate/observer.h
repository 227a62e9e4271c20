#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>

#include "animalctl/lake/database.h"
#include "animalctl/lake/run_records.h"
#include "animalctl/orchestrate/orchestrator.h"
#include "animalctl/registry/registry.h"
#include "orchestrate/canary_evidence.h"
#include "orchestrate/data_state.h"
#include "orchestrate/label_burst.h"
#include "orchestrate/label_inventory.h"
#include "orchestrate/requests.h"

namespace animalctl::orchestrate {

// Gathers what the triggers look at, and keeps what costs time between two looks. Not thread-safe.
class Observer {
 public:
  Observer(const OrchestrateSettings& settings, const World& world, lake::Database& database, lake::RunRecords& records,
           const registry::ModelRegistry& registry);

  LabelInventory& labels() { return labels_; }
  // How long more labels are to be waited for, as the last look saw it.
  std::chrono::milliseconds settle_wait() const { return settle_wait_; }
  // What people said of pictures, by content; read again when a label has changed.
  const LabelledPictures& labelled_pictures(const std::stop_token& stop);

  struct Look {
    TriggerReport report;
    std::optional<OpenRequest> request;
    std::optional<DataState> data;  // read when something fired that nothing else blocks
    std::optional<ChampionData> champion;
  };
  // `read_data`: read the data in any case, as --explain does.
  Look look(bool read_data, const std::stop_token& stop);

 private:
  TriggerFacts gather(Look& look, const std::stop_token& stop);
  void add_history(TriggerFacts& facts) const;
  std::optional<SameData> same_data(const DataState& data) const;
  void refresh(const std::stop_token& stop);
  const LiveFacts& live_facts(const std::optional<ChampionData>& champion, const std::stop_token& stop);

  const OrchestrateSettings& settings_;
  const World& world_;
  lake::Database& database_;
  lake::RunRecords& records_;
  const registry::ModelRegistry& registry_;
  LabelInventory labels_;
  LabelBurst burst_;
  std::chrono::milliseconds settle_wait_{0};
  bool scanned_ = false;
  // What the kept values belong to.
  std::optional<std::uint64_t> refreshed_revision_;
  std::optional<std::uint64_t> data_revision_;
  std::string data_digest_;
  LiveFacts live_;
  std::optional<std::int64_t> live_version_;
  std::optional<std::uint64_t> live_revision_;
  LabelledPictures pictures_;
  std::optional<std::uint64_t> pictures_revision_;
};

}  // namespace animalctl::orchestrate
