#include "orchestrate/data_state.h"

#include <filesystem>
#include <unordered_map>
#include <utility>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/time_text.h"
#include "animalctl/dataset/snapshot.h"
#include "animalctl/lake/frame_index.h"
#include "animalctl/registry/merkle.h"

namespace animalctl::orchestrate {
namespace {

constexpr std::uint64_t kMaxLabelFile = std::uint64_t{1} << 30;

std::optional<std::vector<LabelEntry>> read_label_file(const std::filesystem::path& file, const ClassList& classes) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return std::nullopt;
  try {
    return parse_label_file(read_text_file(file, kMaxLabelFile), file.string(), classes);
  } catch (const Error& error) {
    log::warning("the labels of the champion's run cannot be read", {{"reason", error.message()}});
    return std::nullopt;
  }
}

// Of a version that was registered by hand: the frames of its snapshots, as far as they are part of it.
std::optional<std::vector<LabelEntry>> read_snapshots(const registry::ModelRegistry& registry,
                                                      const registry::VersionRecord& record) {
  std::vector<std::string> rows;
  try {
    for (const char* const role : {"train_csv", "val_csv", "test_csv"}) {
      if (record.file(role) == nullptr) continue;
      const std::vector<std::string> part = read_snapshot(registry.file(record.version, role));
      rows.insert(rows.end(), part.begin(), part.end());
    }
  } catch (const Error& error) {
    log::warning("the snapshots of the champion cannot be read; new labels are counted only",
                 {{"reason", error.message()}});
    return std::nullopt;
  }
  if (rows.empty()) return std::nullopt;
  return entries_of_rows(rows);
}

std::optional<double> metric_of(const registry::VersionRecord& record, std::string_view name) {
  for (const registry::MetricRecord& metric : record.metrics) {
    if (metric.name == name) return metric.value;
  }
  return std::nullopt;
}

}  // namespace

DataState read_data_state(const Places& places, int threads, lake::Database& database) {
  const ClassList classes(places.classes);
  std::unordered_map<std::string, Digest> contents;
  for (const lake::FrameRow& row : lake::FrameIndex(database).all()) {
    if (const auto digest = Digest::from_hex(row.digest)) contents.emplace(row.name, *digest);
  }
  DataState state;
  state.by_class.assign(classes.size(), 0);
  std::vector<FrameLabel> labels;
  std::vector<registry::DataItem> items;
  for (FrameLabel& item : scan_labels(places.frames_dir, places.annotations_dir, classes, threads)) {
    const auto content = contents.find(item.frame);
    if (item.label < 0 || content == contents.end()) continue;
    items.push_back({item.frame, content->second, classes.name(item.label)});
    ++state.by_class[static_cast<std::size_t>(item.label)];
    labels.push_back(std::move(item));
  }
  state.digest = registry::data_digest(items).hex();
  state.entries = label_entries(labels);
  return state;
}

LabelledPictures read_labelled_pictures(const Places& places, int threads, lake::Database& database) {
  const ClassList classes(places.classes);
  std::unordered_map<std::string, std::string> labels;
  for (const FrameLabel& item : scan_labels(places.frames_dir, places.annotations_dir, classes, threads)) {
    if (item.label >= 0 && item.human) labels.emplace(item.frame, classes.name(item.label));
  }
  LabelledPictures pictures;
  for (const lake::FrameRow& row : lake::FrameIndex(database).all()) {
    const auto label = labels.find(row.name);
    if (label != labels.end()) pictures.emplace(row.digest, label->second);
  }
  return pictures;
}

std::optional<ChampionData> read_champion(const registry::ModelRegistry& registry, const Places& places,
                                          lake::RunRecords& records) {
  const std::optional<int> version = registry.aliases().champion;
  if (!version) return std::nullopt;
  const std::optional<registry::VersionRecord> record = registry.find(*version);
  if (!record) return std::nullopt;
  ChampionData data;
  data.champion.version = *version;
  data.champion.labels = static_cast<std::int64_t>(record->train_images + record->val_images);
  data.champion.created = parse_iso_time(record->created).value_or(TimePoint());
  data.champion.test_accuracy = metric_of(*record, "test_accuracy");
  if (!record->run.empty() && records.find_run(record->run)) {
    data.labels = read_label_file(places.runs_dir / record->run / "labels.csv", ClassList(places.classes));
  }
  if (data.labels) {
    data.champion.by_class.assign(places.classes.size(), 0);
    for (const LabelEntry& entry : *data.labels) ++data.champion.by_class[static_cast<std::size_t>(entry.label)];
  } else {
    data.labels = read_snapshots(registry, *record);
  }
  if (data.labels) data.champion.labels = static_cast<std::int64_t>(data.labels->size());
  return data;
}

}  // namespace animalctl::orchestrate
