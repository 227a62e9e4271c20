#include "serve/canary_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"

namespace animalctl::serve {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 10;
constexpr std::string_view kExample = R"({"traffic": 1.0, "current_version": 1, "previous_version": 1})";

[[noreturn]] void refuse(std::string_view origin, const std::string& what) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("{}: {}", origin, what));
}

void refuse_unknown_keys(const nlohmann::json& object, std::string_view origin) {
  static const std::array<std::string, 4> kKnown{"traffic", "current_version", "previous_version", "shadow"};
  for (const auto& [key, value] : object.items()) {
    if (std::find(kKnown.begin(), kKnown.end(), key) != kKnown.end()) continue;
    const auto meant = nearest_spelling(key, kKnown);
    refuse(origin, fmt::format("the key \"{}\" is unknown{}; known are traffic, current_version, previous_version and "
                               "shadow",
                               key, meant ? fmt::format(" (\"{}\"?)", *meant) : ""));
  }
}

const nlohmann::json& required(const nlohmann::json& object, const char* key, std::string_view origin) {
  const auto found = object.find(key);
  if (found == object.end()) {
    refuse(origin, fmt::format("the key \"{}\" is missing; a whole config is {}", key, kExample));
  }
  return *found;
}

double share(const nlohmann::json& object, std::string_view origin) {
  const nlohmann::json& value = required(object, "traffic", origin);
  if (!value.is_number()) {
    refuse(origin, fmt::format("traffic is {}; it is a number from 0 to 1", value.type_name()));
  }
  const double traffic = value.get<double>();
  if (!(traffic >= 0 && traffic <= 1)) {
    refuse(origin, fmt::format("traffic is {}; it is a share, from 0 to 1", traffic));
  }
  return traffic;
}

int version(const nlohmann::json& object, const char* key, std::string_view origin) {
  const nlohmann::json& value = required(object, key, origin);
  if (!value.is_number_integer()) {
    refuse(origin, fmt::format("{} is {}; it is a whole number, e.g. 2", key,
                               value.is_number() ? value.dump() : std::string(value.type_name())));
  }
  const bool in_range = value.is_number_unsigned() ? value.get<std::uint64_t>() <= CanaryConfig::kMaxVersion : false;
  if (!in_range)
    refuse(origin, fmt::format("{} is {}; it lies from 0 to {}", key, value.dump(), CanaryConfig::kMaxVersion));
  return value.get<int>();
}

}  // namespace

CanaryConfig parse_canary_config(std::string_view text, std::string_view origin) {
  const nlohmann::json object = parse_json(text, origin);
  if (!object.is_object()) {
    refuse(origin, fmt::format("it is {}, not an object like {}", object.type_name(), kExample));
  }
  refuse_unknown_keys(object, origin);
  CanaryConfig config;
  config.traffic = share(object, origin);
  config.current_version = version(object, "current_version", origin);
  config.previous_version = version(object, "previous_version", origin);
  if (const auto shadow = object.find("shadow"); shadow != object.end()) {
    if (!shadow->is_boolean()) refuse(origin, fmt::format("shadow is {}; it is true or false", shadow->type_name()));
    config.shadow = shadow->get<bool>();
  }
  if (config.current_version < config.previous_version) {
    refuse(origin, fmt::format("current_version {} is lower than previous_version {}; the newer one is the current one",
                               config.current_version, config.previous_version));
  }
  return config;
}

CanaryConfig read_canary_config(const std::filesystem::path& file) {
  return parse_canary_config(read_text_file(file, kMaxFileBytes), file.string());
}

std::string to_json(const CanaryConfig& config) {
  nlohmann::ordered_json object{{"traffic", config.traffic},
                                {"current_version", config.current_version},
                                {"previous_version", config.previous_version}};
  if (config.shadow) object["shadow"] = true;
  return object.dump();
}

std::optional<int> whole_version(std::string_view version) {
  int number = 0;
  const char* const end = version.data() + version.size();
  const auto [rest, failed] = std::from_chars(version.data(), end, number);
  if (failed != std::errc{} || version.front() == '-' || number > CanaryConfig::kMaxVersion) return std::nullopt;
  std::string_view tail(rest, static_cast<std::size_t>(end - rest));
  while (tail.starts_with(".0")) tail.remove_prefix(2);
  return tail.empty() ? std::optional(number) : std::nullopt;
}

CanaryConfigFile::CanaryConfigFile(std::filesystem::path path, Defaults defaults, Check check)
    : path_(std::move(path)), defaults_(std::move(defaults)), check_(std::move(check)) {
  put_in_use(read(false));
}

std::shared_ptr<const CanaryConfig> CanaryConfigFile::snapshot() const {
  const std::lock_guard lock(reading_);
  return snapshot_;
}

std::shared_ptr<const CanaryConfig> CanaryConfigFile::reload() {
  const std::lock_guard lock(changing_);
  const CanaryConfig config = read(true);
  if (check_) check_(config);
  put_in_use(config);
  return snapshot();
}

std::shared_ptr<const CanaryConfig> CanaryConfigFile::reload_unchecked() {
  const std::lock_guard lock(changing_);
  put_in_use(read(true));
  return snapshot();
}

std::shared_ptr<const CanaryConfig> CanaryConfigFile::replace(const CanaryConfig& config) {
  const std::lock_guard lock(changing_);
  if (check_) check_(config);
  write_file_atomic(path_, to_json(config) + "\n");
  put_in_use(config);
  return snapshot();
}

CanaryConfig CanaryConfigFile::read(bool log_missing) const {
  try {
    return read_canary_config(path_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
    const CanaryConfig config = defaults_ ? defaults_() : CanaryConfig{};
    if (log_missing) {
      log::info("no canary config: the defaults are in use", {{"file", path_.string()}, {"config", to_json(config)}});
    }
    return config;
  }
}

void CanaryConfigFile::put_in_use(const CanaryConfig& config) {
  auto next = std::make_shared<const CanaryConfig>(config);
  const std::lock_guard lock(reading_);
  snapshot_.swap(next);
}

}  // namespace animalctl::serve
