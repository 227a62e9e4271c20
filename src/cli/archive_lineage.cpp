#include "cli/archive_lineage.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "animalctl/version.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMetadataFormat = 1;
// What image_classifier of TorchServe may show for a column that stands for no class; its probability is 0.
constexpr const char* kNoClass = "none";
constexpr const char* kLatestEnding = "_latest";

Json preprocessing_json(const Preprocessing& preprocessing) {
  Json json;
  json["resize"] = preprocessing.fit == Fit::Stretch ? "area" : "centre-area";
  if (preprocessing.fit == Fit::Centre) json["centre_share"] = preprocessing.centre_share;
  json["width"] = preprocessing.width;
  json["height"] = preprocessing.height;
  json["channels"] = preprocessing.channels;
  json["mean"] = preprocessing.mean;
  json["std"] = preprocessing.std;
  return json;
}

// The run of a checkpoint: <name>.json for <name>.pth and <name>_latest.pth.
struct TrainingRun {
  std::string name;
  bool latest = false;
  Json record;  // null when there is none
};

TrainingRun find_run(const fs::path& weights) {
  TrainingRun run{weights.stem().string(), false, nullptr};
  fs::path path = weights.parent_path() / (run.name + ".json");
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) && run.name.ends_with(kLatestEnding)) {
    run.name.erase(run.name.size() - std::string_view(kLatestEnding).size());
    run.latest = true;
    path = weights.parent_path() / (run.name + ".json");
  }
  if (!fs::is_regular_file(path, ignored)) return run;
  try {
    const std::string text = read_text_file(path);
    if (!parse_json(text, path.string()).is_object()) {
      throw Error(ErrorCode::DataLoss, fmt::format("{} is no JSON object", path.string()));
    }
    run.record = Json::parse(text);
  } catch (const Error& error) {
    log::warning(fmt::format("the archive says nothing of the training run: {}", error.what()));
  }
  return run;
}

Json member_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? Json(*found) : Json();
}

// The figures of the epoch that the weights are of.
Json run_metrics_json(const TrainingRun& run) {
  const Json epochs = member_of(run.record, "epochs");
  if (!epochs.is_array() || epochs.empty()) return nullptr;
  const Json best = member_of(run.record, "best_epoch");
  const Json* chosen = &epochs.back();
  for (const Json& epoch : epochs) {
    if (!run.latest && best.is_number_integer() && member_of(epoch, "epoch") == best) chosen = &epoch;
  }
  Json metrics;
  metrics["source"] = "validation";
  for (const char* key : {"epoch", "val_accuracy", "val_loss", "train_loss"}) metrics[key] = member_of(*chosen, key);
  return metrics;
}

Json lineage_json(const TrainingRun& run, const fs::path& weights) {
  Json lineage;
  const Bytes content = read_file(weights);
  lineage["weights"] = {
      {"file", weights.filename().string()}, {"bytes", content.size()}, {"sha256", sha256(content).hex()}};
  if (run.record.is_object()) {
    const Json settings = member_of(run.record, "settings");
    lineage["run"] = run.name;
    lineage["data_digest"] = member_of(member_of(run.record, "data"), "digest");
    lineage["seed"] = member_of(settings, "seed");
    lineage["settings"] = settings;
    lineage["versions"] = member_of(run.record, "versions");
  }
  lineage["archived_by"] = {{"animalctl", kVersion}, {"commit", kCommit}};
  return lineage;
}

}  // namespace

Json describe_archived_model(const ExportReport& report, const fs::path& weights, double threshold) {
  const TrainingRun run = find_run(weights);
  Json json;
  json["format"] = kMetadataFormat;
  json["classes"] = report.classes;
  json["architecture"] = report.architecture;
  json["preprocessing"] = preprocessing_json(report.preprocessing);
  json["threshold"] = threshold;
  json["metrics"] = run_metrics_json(run);
  json["lineage"] = lineage_json(run, weights);
  return json;
}

std::string labels_json(const std::vector<std::string>& classes, std::size_t at_least) {
  Json json = Json::object();
  for (std::size_t i = 0; i < classes.size(); ++i) json[fmt::format("{}", i)] = to_lower(classes[i]);
  for (std::size_t i = classes.size(); i < at_least; ++i) json[fmt::format("{}", i)] = kNoClass;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

ArchiveTime archive_time(const std::optional<std::string>& source_date_epoch) {
  if (!source_date_epoch) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::seconds>(now).count(), false};
  }
  constexpr std::int64_t kLatest = 253'402'300'799;  // the year 9999
  std::int64_t seconds = 0;
  const char* const end = source_date_epoch->data() + source_date_epoch->size();
  const auto [stop, code] = std::from_chars(source_date_epoch->data(), end, seconds);
  if (code != std::errc() || stop != end || seconds < 0 || seconds > kLatest) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("SOURCE_DATE_EPOCH \"{}\" is no number of seconds since 1970", *source_date_epoch));
  }
  return {seconds, true};
}

}  // namespace animalctl::cli
