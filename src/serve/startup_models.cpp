#include "serve/startup_models.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "serve/model_limits.h"

namespace animalctl::serve {
namespace {

constexpr std::int64_t kMaxQueue = 1'000'000;

// TorchServe's parser takes a comma before a closing bracket, and the replaced system's file has one.
std::string without_trailing_commas(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    if (quoted) {
      out += character;
      if (character == '\\' && i + 1 < text.size()) out += text[++i];
      if (character == '"') quoted = false;
      continue;
    }
    if (character == '"') quoted = true;
    if (character == ',') {
      const std::size_t next = text.find_first_not_of(" \t\r\n", i + 1);
      if (next != std::string_view::npos && (text[next] == '}' || text[next] == ']')) continue;
    }
    out += character;
  }
  return out;
}

nlohmann::json parse_object(const std::string& text, const std::string& origin) {
  nlohmann::json json;
  try {
    json = parse_json(without_trailing_commas(text), origin);
  } catch (const Error& error) {
    throw Error(ErrorCode::InvalidArgument, error.message());
  }
  if (!json.is_object()) throw Error(ErrorCode::InvalidArgument, fmt::format("{}: a JSON object is needed", origin));
  return json;
}

// One version's object: takes its numbers, and says what it has that is not known.
class VersionReader {
 public:
  VersionReader(const nlohmann::json& json, std::string place, const Warn& warn)
      : json_(json), place_(std::move(place)), warn_(warn) {
    if (!json_.is_object()) throw Error(ErrorCode::InvalidArgument, fmt::format("{}: an object is needed", place_));
  }

  ModelConfig config() {
    ModelConfig config;
    const auto narrow = [](const std::optional<std::int64_t>& value) {
      return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
    };
    config.min_workers = narrow(number("minWorkers", 0, kMaxWorkersPerModel));
    config.max_workers = narrow(number("maxWorkers", 0, kMaxWorkersPerModel));
    config.batch_size = narrow(number("batchSize", 1, kMaxBatchSize));
    if (const auto value = number("maxBatchDelay", 0, kMaxBatchDelayMs)) config.max_batch_delay.emplace(*value);
    if (const auto value = number("responseTimeout", 1, kMaxTimeoutSeconds)) config.response_timeout.emplace(*value);
    if (const auto value = number("startupTimeout", 1, kMaxTimeoutSeconds)) config.startup_timeout.emplace(*value);
    if (const auto value = number("jobQueueSize", 1, kMaxQueue)) {
      config.job_queue_size = static_cast<std::size_t>(*value);
    }
    if (config.min_workers && config.max_workers && *config.max_workers < *config.min_workers) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("{}: maxWorkers is less than minWorkers", place_));
    }
    return config;
  }

  std::string text(const char* key) {
    const auto entry = json_.find(key);
    if (entry == json_.end()) return "";
    if (!entry->is_string()) throw Error(ErrorCode::InvalidArgument, fmt::format("{}: {} is text", place_, key));
    return entry->get<std::string>();
  }

  bool flag(const char* key) {
    const auto entry = json_.find(key);
    if (entry == json_.end()) return false;
    if (!entry->is_boolean()) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("{}: {} is true or false", place_, key));
    }
    return entry->get<bool>();
  }

  void warn_of_unknown() const {
    static const std::vector<std::string> known = {
        "minWorkers",   "maxWorkers",     "batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout",
        "jobQueueSize", "defaultVersion", "marName",   "deviceType",    "runtimeType",     "parallelLevel"};
    for (const auto& [key, value] : json_.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const auto nearest = nearest_spelling(key, known);
      warn_(fmt::format("{}: \"{}\" is not known and has no effect{}", place_, key,
                        nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""));
    }
  }

 private:
  std::optional<std::int64_t> number(const char* key, std::int64_t low, std::int64_t high) {
    const auto entry = json_.find(key);
    if (entry == json_.end() || entry->is_null()) return std::nullopt;
    const bool in_range = entry->is_number_unsigned()
                              ? entry->get<std::uint64_t>() <= static_cast<std::uint64_t>(high)
                              : entry->is_number_integer() && entry->get<std::int64_t>() <= high;
    if (!in_range || entry->get<std::int64_t>() < low) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("{}: {} is {}; a whole number from {} to {} is needed",
                                                          place_, key, entry->dump(), low, high));
    }
    return entry->get<std::int64_t>();
  }

  const nlohmann::json& json_;
  std::string place_;
  const Warn& warn_;
};

std::string place_of(const std::string& origin, const std::string& model, const std::string& version) {
  return fmt::format("{}: model \"{}\" version \"{}\"", origin, model, version);
}

const nlohmann::json& require_versions(const nlohmann::json& versions, const std::string& origin,
                                       const std::string& model) {
  if (!versions.is_object()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{}: model \"{}\": an object of versions is needed", origin, model));
  }
  return versions;
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

// The run of digits at `place` without leading zeros; moves `place` behind it.
std::string_view take_number(const std::string& text, std::size_t& place) {
  const std::size_t begin = place;
  while (place < text.size() && is_digit(text[place])) ++place;
  std::string_view number = std::string_view(text).substr(begin, place - begin);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

}  // namespace

bool version_less(const std::string& left, const std::string& right) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() && j < right.size()) {
    if (is_digit(left[i]) && is_digit(right[j])) {
      const std::string_view a = take_number(left, i);
      const std::string_view b = take_number(right, j);
      if (a.size() != b.size()) return a.size() < b.size();
      if (a != b) return a < b;
      continue;
    }
    if (left[i] != right[j]) return left[i] < right[j];
    ++i;
    ++j;
  }
  if (i < left.size() || j < right.size()) return i == left.size();
  // "1.0" and "1.00" are two names.
  return left < right;
}

std::vector<StartupModel> parse_load_models(const std::string& text) {
  std::vector<StartupModel> models;
  for (const std::string& part : split(text, ',')) {
    const std::string_view entry = trim(part);
    if (entry.empty()) continue;
    StartupModel model;
    // An address may hold a '=' of its own: only one before any '/' or '?' names a model.
    const std::size_t equals = entry.find('=');
    const bool named = equals != std::string_view::npos && entry.find_first_of("/?:") > equals;
    model.name = named ? std::string(trim(entry.substr(0, equals))) : "";
    model.url = std::string(trim(named ? entry.substr(equals + 1) : entry));
    if (model.url.empty() || (named && model.name.empty())) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("load_models: \"{}\" is no model; write a.mar or name=a.mar, or all alone", entry));
    }
    models.push_back(std::move(model));
  }
  return models;
}

std::vector<StartupModel> parse_model_snapshot(const std::string& text, const std::string& origin, const Warn& warn) {
  const nlohmann::json json = parse_object(text, origin);
  const auto models = json.find("models");
  if (models == json.end()) return {};
  if (!models->is_object()) throw Error(ErrorCode::InvalidArgument, fmt::format("{}: models is an object", origin));
  std::vector<StartupModel> startup;
  for (const auto& [name, versions] : models->items()) {
    std::vector<StartupModel> of_name;
    for (const auto& [version, entry] : require_versions(versions, origin, name).items()) {
      VersionReader reader(entry, place_of(origin, name, version), warn);
      StartupModel model{reader.text("marName"), name, version, reader.flag("defaultVersion"), reader.config()};
      reader.warn_of_unknown();
      if (model.url.empty()) {
        throw Error(ErrorCode::InvalidArgument, fmt::format("{}: marName is missing", place_of(origin, name, version)));
      }
      of_name.push_back(std::move(model));
    }
    std::sort(of_name.begin(), of_name.end(), [](const StartupModel& left, const StartupModel& right) {
      if (left.default_version != right.default_version) return left.default_version;
      return version_less(left.version, right.version);
    });
    startup.insert(startup.end(), std::make_move_iterator(of_name.begin()), std::make_move_iterator(of_name.end()));
  }
  return startup;
}

ModelConfigs parse_model_configs(const std::string& text, const std::string& origin, const Warn& warn) {
  const nlohmann::json json = parse_object(text, origin);
  ModelConfigs configs;
  for (const auto& [name, versions] : json.items()) {
    for (const auto& [version, entry] : require_versions(versions, origin, name).items()) {
      VersionReader reader(entry, place_of(origin, name, version), warn);
      configs[name][version] = reader.config();
      reader.warn_of_unknown();
    }
  }
  return configs;
}

}  // namespace animalctl::serve
