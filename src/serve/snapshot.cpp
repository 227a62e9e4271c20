#include "serve/snapshot.h"

#include <fmt/core.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "serve/java_properties.h"
#include "serve/startup_models.h"
#include "serve/utc_time.h"

namespace animalctl::serve {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kTimeDigits = 17;
constexpr std::size_t kKept = 32;
constexpr std::uint64_t kMaxSnapshot = std::uint64_t{4} << 20;
// Beside TorchServe's keys: startup_digest().
constexpr const char* kAskedKey = "animalctl_startup";

bool is_snapshot_name(const std::string& name) {
  return name.size() > kTimeDigits + 5 && name.ends_with(".cfg") && name[kTimeDigits] == '-' &&
         name.find_first_not_of("0123456789") == kTimeDigits;
}

nlohmann::ordered_json settings_json(const VersionSettings& settings) {
  return {{"minWorkers", settings.min_workers},
          {"maxWorkers", settings.max_workers},
          {"batchSize", settings.batch_size},
          {"maxBatchDelay", settings.max_batch_delay.count()},
          {"responseTimeout", settings.response_timeout.count()},
          {"startupTimeout", settings.startup_timeout.count()},
          {"jobQueueSize", settings.job_queue_size}};
}

std::string snapshot_json(const std::string& name, const std::vector<ModelManager::Entry>& entries) {
  nlohmann::ordered_json json;
  json["name"] = name;
  json["modelCount"] = entries.size();
  json["models"] = nlohmann::ordered_json::object();
  for (const ModelManager::Entry& entry : entries) {
    const VersionFacts& facts = entry.version->facts();
    nlohmann::ordered_json one = {{"defaultVersion", entry.default_version}, {"marName", entry.archive}};
    one.update(settings_json(entry.version->settings()));
    one["runtimeType"] = facts.runtime;
    json["models"][facts.model][facts.version] = std::move(one);
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

nlohmann::ordered_json config_json(const ModelConfig& config) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  const auto put = [&](const auto& value) {
    if (value) {
      json.push_back(*value);
    } else {
      json.push_back(nullptr);
    }
  };
  const auto count = [](const auto& value) {
    return value ? std::optional<std::int64_t>(value->count()) : std::nullopt;
  };
  put(config.min_workers);
  put(config.max_workers);
  put(config.batch_size);
  put(count(config.max_batch_delay));
  put(count(config.response_timeout));
  put(count(config.startup_timeout));
  put(config.job_queue_size);
  return json;
}

}  // namespace

std::string startup_digest(const ServeSettings& settings) {
  nlohmann::ordered_json json = {{"store", fs::absolute(settings.model_store).lexically_normal().string()},
                                 {"all", settings.load_all},
                                 {"models", nlohmann::ordered_json::array()}};
  for (const StartupModel& model : settings.startup) {
    json["models"].push_back({model.url, model.name, model.version, model.default_version, config_json(model.config)});
  }
  return sha256(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)).hex();
}

SnapshotFolder::SnapshotFolder(fs::path folder, Now now) : folder_(std::move(folder)), now_(std::move(now)) {}

std::vector<fs::path> SnapshotFolder::files() const {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator entries(folder_, failed); !failed && entries != fs::directory_iterator();
       entries.increment(failed)) {
    if (is_snapshot_name(entries->path().filename().string())) files.push_back(entries->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<SavedModels> SnapshotFolder::last(const Warn& warn) const {
  const std::vector<fs::path> all = files();
  if (all.empty()) return std::nullopt;
  SavedModels saved;
  saved.file = all.back();
  const std::string origin = saved.file.string();
  try {
    for (const Property& property : parse_properties(read_text_file(saved.file, kMaxSnapshot), origin)) {
      if (property.key == kAskedKey) saved.asked = property.value;
      if (property.key == "model_snapshot") saved.models = parse_model_snapshot(property.value, origin, warn);
    }
  } catch (const Error& error) {
    warn(fmt::format("the snapshot is not restored: {}", error.message()));
    return std::nullopt;
  }
  return saved;
}

void SnapshotFolder::write(std::string_view kind, const ConfigValues& config, const std::string& asked,
                           const std::vector<ModelManager::Entry>& entries) {
  std::vector<fs::path> all = files();
  // Two changes in one millisecond, or a clock that was set back: the newest snapshot is the last by name all the same.
  std::string time = compact_time(now_());
  const std::string newest = all.empty() ? "" : all.back().filename().string().substr(0, kTimeDigits);
  if (time <= newest) time = fmt::format("{:017}", std::stoull(newest) + 1);
  const std::string name = fmt::format("{}-{}.cfg", time, kind);
  std::string text = "# What was registered: written after each change, restored at the next start.\n";
  for (const auto& [key, value] : config) {
    if (key == "model_snapshot" || key == "load_models" || key == kAskedKey) continue;
    text += format_property(key, value.text) + "\n";
  }
  text += format_property(kAskedKey, asked) + "\n";
  text += format_property("model_snapshot", snapshot_json(name, entries)) + "\n";
  write_file_atomic(folder_ / name, text);
  for (std::size_t i = 0; all.size() - i >= kKept; ++i) {
    std::error_code ignored;
    fs::remove(all[i], ignored);
  }
}

}  // namespace animalctl::serve
