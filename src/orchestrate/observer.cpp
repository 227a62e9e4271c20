#include "orchestrate/observer.h"

#include <algorithm>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/lake/prediction_files.h"
#include "orchestrate/decisions.h"
#include "orchestrate/live_facts.h"

namespace animalctl::orchestrate {
namespace {

// Runs that failed in a row are counted up to here.
constexpr std::size_t kRecentRuns = 32;

}  // namespace

Observer::Observer(const OrchestrateSettings& settings, const World& world, lake::Database& database,
                   lake::RunRecords& records, const registry::ModelRegistry& registry)
    : settings_(settings),
      world_(world),
      database_(database),
      records_(records),
      registry_(registry),
      labels_(settings.places, settings.threads) {}

Observer::Look Observer::look(bool read_data, const std::stop_token& stop) {
  if (!std::exchange(scanned_, true)) labels_.scan();
  Look look;
  const TriggerFacts facts = gather(look, stop);
  look.report = evaluate_triggers(facts, settings_.triggers);
  if (!look.report.run && !read_data) {
    add_same_data(look.report, std::nullopt, false);
    return look;
  }
  // In a watch the same look comes every minute while a run on this data is remembered: the digest is kept.
  if (!read_data && data_revision_ == labels_.revision() && !look.report.requested) {
    DataState kept;
    kept.digest = data_digest_;
    const std::optional<SameData> same = same_data(kept);
    if (same) {
      add_same_data(look.report, same, true);
      return look;
    }
  }
  refresh(stop);
  look.data = read_data_state(settings_.places, settings_.threads, database_);
  data_digest_ = look.data->digest;
  data_revision_ = labels_.revision();
  add_same_data(look.report, same_data(*look.data), true);
  return look;
}

TriggerFacts Observer::gather(Look& look, const std::stop_token& stop) {
  TriggerFacts facts;
  facts.now = world_.now();
  facts.classes = settings_.places.classes;
  facts.labelled = labels_.labelled();
  burst_.saw(labels_.revision(), facts.now);
  facts.settle_wait = settle_wait_ = burst_.wait(facts.now, settings_.triggers.settle);
  facts.by_class = labels_.by_class();
  look.champion = read_champion(registry_, settings_.places, records_);
  facts.changed_by_class.assign(facts.classes.size(), 0);
  if (look.champion) {
    facts.champion = look.champion->champion;
    if (look.champion->labels) {
      LabelChange change = compare_labels(*look.champion->labels, labels_.entries(), facts.classes.size());
      facts.changed = change.total();
      facts.changed_by_class = std::move(change.by_class);
    } else {
      facts.changed = std::max<std::int64_t>(0, facts.labelled - facts.champion->labels);
    }
  }
  add_history(facts);
  facts.live = live_facts(look.champion, stop);
  look.request = open_request(records_, "run-now");
  if (look.request) facts.request = look.request->reason;
  return facts;
}

void Observer::add_history(TriggerFacts& facts) const {
  const std::vector<lake::RunRow> runs = records_.newest_runs(kRecentRuns);
  if (const auto open = records_.open_runs(); !open.empty()) facts.open_run = open.front().id;
  if (runs.empty()) return;
  const lake::RunRow& last = runs.front();
  facts.last_run = LastRun{last.id, last.state, from_ms(last.started_ms), std::nullopt};
  if (last.finished_ms) facts.last_run->finished = from_ms(*last.finished_ms);
  for (const lake::RunRow& run : runs) {
    if (run.state != "failed") break;
    ++facts.failures;
  }
}

std::optional<SameData> Observer::same_data(const DataState& data) const {
  const std::optional<lake::RunRow> run = records_.newest_run_on(data.digest);
  // A run that failed said nothing about the data.
  if (!run || run->state == "failed" || run->state == "superseded") return std::nullopt;
  return SameData{run->id, run->state, run->reason};
}

const LabelledPictures& Observer::labelled_pictures(const std::stop_token& stop) {
  if (!std::exchange(scanned_, true)) labels_.scan();
  if (pictures_revision_ == labels_.revision()) return pictures_;
  refresh(stop);
  pictures_ = read_labelled_pictures(settings_.places, settings_.threads, database_);
  pictures_revision_ = labels_.revision();
  return pictures_;
}

void Observer::refresh(const std::stop_token& stop) {
  if (refreshed_revision_ == labels_.revision()) return;
  world_.refresh_frames(database_, stop);
  refreshed_revision_ = labels_.revision();
}

// Looked at anew when answers came or labels changed.
const LiveFacts& Observer::live_facts(const std::optional<ChampionData>& champion, const std::stop_token& stop) {
  const lake::IngestCounts news = lake::ingest_prediction_files(database_, settings_.places.sink_dir, stop);
  if (!champion) return live_ = LiveFacts{};
  const bool known = live_version_ == champion->champion.version && live_revision_ == labels_.revision();
  if (known && news.rows == 0) return live_;
  refresh(stop);
  live_ = read_live_facts(settings_, champion->champion, database_);
  live_version_ = champion->champion.version;
  live_revision_ = labels_.revision();
  return live_;
}

}  // namespace animalctl::orchestrate
