#include "serve/config_properties.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <regex>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "serve/java_properties.h"
#include "serve/model_limits.h"
#include "serve/startup_models.h"

namespace animalctl::serve {
namespace {

[[noreturn]] void refuse(const std::string& key, const ConfigValue& value, std::string_view needed) {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{} = \"{}\" (from {}): {}", key, value.text, value.source, needed));
}

std::int64_t number(const std::string& key, const ConfigValue& value, std::int64_t low, std::int64_t high) {
  std::int64_t result = 0;
  const std::string_view text = trim(value.text);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (code != std::errc() || end != text.data() + text.size() || result < low || result > high) {
    refuse(key, value, fmt::format("a whole number from {} to {} is needed", low, high));
  }
  return result;
}

bool flag(const std::string& key, const ConfigValue& value) {
  const std::string word = to_lower(trim(value.text));
  if (word != "true" && word != "false") refuse(key, value, "true or false is needed");
  return word == "true";
}

std::vector<std::string> list(const ConfigValue& value) {
  std::vector<std::string> items;
  for (const std::string& part : split(value.text, ',')) {
    if (const std::string_view item = trim(part); !item.empty()) items.emplace_back(item);
  }
  return items;
}

std::vector<std::string> patterns(const std::string& key, const ConfigValue& value) {
  std::vector<std::string> items = list(value);
  for (const std::string& item : items) {
    try {
      const std::regex checked(item, std::regex::ECMAScript | std::regex::icase);
    } catch (const std::regex_error& error) {
      refuse(key, value, fmt::format("\"{}\" is no regular expression: {}", item, error.what()));
    }
  }
  return items;
}

std::vector<std::string> origins(const std::string& key, const ConfigValue& value) {
  std::vector<std::string> items = list(value);
  for (const std::string& item : items) {
    if (item.find_first_of("\r\n ") != std::string::npos) refuse(key, value, "origins hold no spaces");
  }
  return items;
}

// What the setters of a key get.
struct Target {
  ServeSettings& settings;
  const Warn& warn;
};

using Setter = void (*)(const std::string& key, const ConfigValue& value, const Target& target);

struct KnownKey {
  const char* key;
  Setter set;
};

ListenAddress address(const std::string& key, const ConfigValue& value, int port, int tls_port) {
  try {
    return parse_listen_address(key, std::string(trim(value.text)), port, tls_port);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{} (from {})", error.message(), value.source));
  }
}

void set_load_models(const std::string&, const ConfigValue& value, const Target& target) {
  const std::string_view text = trim(value.text);
  target.settings.load_all = to_lower(text) == "all";
  target.settings.startup.clear();
  if (target.settings.load_all || to_lower(text) == "none" || text == "N/A") return;
  target.settings.startup = parse_load_models(std::string(text));
}

void set_snapshot(const std::string& key, const ConfigValue& value, const Target& target) {
  if (trim(value.text).empty()) return;
  // As in TorchServe, a snapshot says everything that is loaded; load_models counts without one only.
  target.settings.startup =
      parse_model_snapshot(value.text, fmt::format("{} (from {})", key, value.source), target.warn);
  target.settings.load_all = false;
}

void set_models(const std::string& key, const ConfigValue& value, const Target& target) {
  if (trim(value.text).empty()) return;
  target.settings.model_configs =
      parse_model_configs(value.text, fmt::format("{} (from {})", key, value.source), target.warn);
}

// In the order in which they are applied: model_snapshot after load_models.
constexpr KnownKey kKnownKeys[] = {
    {"inference_address",
     [](auto& key, auto& value, auto& target) { target.settings.inference = address(key, value, 80, 443); }},
    {"management_address",
     [](auto& key, auto& value, auto& target) { target.settings.management = address(key, value, 8081, 8444); }},
    {"metrics_address",
     [](auto& key, auto& value, auto& target) { target.settings.metrics = address(key, value, 8082, 8445); }},
    {"certificate_file",
     [](auto&, auto& value, auto& target) { target.settings.certificate_file = std::string(trim(value.text)); }},
    {"private_key_file",
     [](auto&, auto& value, auto& target) { target.settings.private_key_file = std::string(trim(value.text)); }},
    {"model_store",
     [](auto&, auto& value, auto& target) { target.settings.model_store = std::string(trim(value.text)); }},
    {"load_models", set_load_models},
    {"models", set_models},
    {"model_snapshot", set_snapshot},
    {"allowed_urls", [](auto& key, auto& value, auto& target) { target.settings.allowed_urls = patterns(key, value); }},
    {"enable_model_api",
     [](auto& key, auto& value, auto& target) { target.settings.enable_model_api = flag(key, value); }},
    {"disable_token_authorization",
     [](auto& key, auto& value, auto& target) { target.settings.tokens = !flag(key, value); }},
    {"token_expiration_min",
     [](auto& key, auto& value, auto& target) {
       target.settings.token_lifetime = std::chrono::minutes(number(key, value, 1, kMaxTimeoutSeconds / 60));
     }},
    {"default_workers_per_model",
     [](auto& key, auto& value, auto& target) {
       target.settings.default_workers = static_cast<int>(number(key, value, 0, 128));
     }},
    {"default_response_timeout",
     [](auto& key, auto& value, auto& target) {
       target.settings.version_defaults.response_timeout =
           std::chrono::seconds(number(key, value, 1, kMaxTimeoutSeconds));
     }},
    {"default_startup_timeout",
     [](auto& key, auto& value, auto& target) {
       target.settings.version_defaults.startup_timeout =
           std::chrono::seconds(number(key, value, 1, kMaxTimeoutSeconds));
     }},
    {"job_queue_size",
     [](auto& key, auto& value, auto& target) {
       target.settings.version_defaults.job_queue_size = static_cast<std::size_t>(number(key, value, 1, 1'000'000));
     }},
    {"max_request_size",
     [](auto& key, auto& value, auto& target) {
       target.settings.max_request_size = static_cast<std::size_t>(number(key, value, 1, 2'147'483'647));
     }},
    {"max_response_size",
     [](auto& key, auto& value, auto& target) {
       target.settings.max_response_size = static_cast<std::size_t>(number(key, value, 1, 2'147'483'647));
     }},
    {"limit_max_image_pixels",
     [](auto& key, auto& value, auto& target) { target.settings.limit_image_pixels = flag(key, value); }},
    {"cors_allowed_origin",
     [](auto& key, auto& value, auto& target) { target.settings.cors.origins = origins(key, value); }},
    {"cors_allowed_methods", [](auto&, auto& value, auto& target) { target.settings.cors.methods = list(value); }},
    {"cors_allowed_headers", [](auto&, auto& value, auto& target) { target.settings.cors.headers = list(value); }},
    // Requests are answered by a thread each, connections that wait need none: nothing is left to set.
    {"number_of_netty_threads", [](auto& key, auto& value, auto&) { number(key, value, 0, 1'000'000); }},
    {"enable_envvars_config", [](auto& key, auto& value, auto&) { flag(key, value); }},
    {"use_env_allowed_urls", [](auto& key, auto& value, auto&) { flag(key, value); }},
};

// TorchServe's other keys: what they would do does not exist here.
constexpr const char* kForeignKeys[] = {"async_logging",
                                        "blacklist_env_vars",
                                        "cpp_log_config",
                                        "cpu_launcher_args",
                                        "cpu_launcher_enable",
                                        "debug",
                                        "decode_input_request",
                                        "default_service_handler",
                                        "disable_system_metrics",
                                        "enable_grpc_ssl",
                                        "enable_metrics_api",
                                        "grpc_inference_address",
                                        "grpc_inference_max_connection_age_grace_ms",
                                        "grpc_inference_max_connection_age_ms",
                                        "grpc_inference_port",
                                        "grpc_management_address",
                                        "grpc_management_max_connection_age_grace_ms",
                                        "grpc_management_max_connection_age_ms",
                                        "grpc_management_port",
                                        "initial_distribution_port",
                                        "initial_worker_port",
                                        "install_py_dep_per_model",
                                        "io_ratio",
                                        "ipex_enable",
                                        "ipex_gpu_enable",
                                        "keystore",
                                        "keystore_pass",
                                        "keystore_type",
                                        "metric_time_interval",
                                        "metrics_config",
                                        "metrics_mode",
                                        "model_metrics_auto_detect",
                                        "model_server_home",
                                        "netty_client_threads",
                                        "number_of_gpu",
                                        "prefer_direct_buffer",
                                        "service_envelope",
                                        "system_metrics_cmd",
                                        "ts_header_key_sequence_end",
                                        "ts_header_key_sequence_id",
                                        "ts_header_key_sequence_start",
                                        "ts_open_inference_protocol",
                                        "unregister_model_timeout",
                                        "use_native_io",
                                        "workflow_store"};

// Written into snapshots, by TorchServe or here; not worth a word.
constexpr const char* kSilentKeys[] = {"tsConfigFile", "version", "python", "vmargs", "animalctl_startup"};

void warn_of_unknown(const ConfigValues& values, const Warn& warn) {
  std::vector<std::string> names;
  for (const KnownKey& known : kKnownKeys) names.emplace_back(known.key);
  for (const auto& [key, value] : values) {
    const auto is_key = [&name = key](const char* other) { return name == other; };
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    if (std::any_of(std::begin(kSilentKeys), std::end(kSilentKeys), is_key)) continue;
    if (std::any_of(std::begin(kForeignKeys), std::end(kForeignKeys), is_key)) {
      warn(fmt::format("{}: {} is not implemented and has no effect", value.source, key));
      continue;
    }
    const auto nearest = nearest_spelling(key, names);
    warn(fmt::format("{}: {} is not known and has no effect{}", value.source, key,
                     nearest ? fmt::format("; did you mean {}?", *nearest) : ""));
  }
}

std::string variable(const std::string& name, const EnvironmentLookup& environment, const std::string& place) {
  const auto value = environment(name);
  if (!value) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{}: the environment variable {} is not set", place, name));
  }
  return *value;
}

// ${NAME} and $$NAME$$; a '$' that begins neither stays.
std::string expand(const std::string& text, const EnvironmentLookup& environment, const std::string& place) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    const bool braces = rest.starts_with("${");
    if (!braces && !rest.starts_with("$$")) {
      out += text[i];
      continue;
    }
    const std::string_view closing = braces ? "}" : "$$";
    const std::size_t end = rest.find(closing, 2);
    if (end == std::string_view::npos || end == 2) {
      out += text[i];
      continue;
    }
    out += variable(std::string(rest.substr(2, end - 2)), environment, place);
    i += end + closing.size() - 1;
  }
  return out;
}

}  // namespace

ConfigValues read_config_properties(std::string_view text, const std::string& origin,
                                    const EnvironmentLookup& environment, const Warn& warn) {
  ConfigValues values;
  for (Property& property : parse_properties(text, origin)) {
    const std::string place = fmt::format("{} line {}", origin, property.line);
    if (const auto earlier = values.find(property.key); earlier != values.end()) {
      warn(fmt::format("{}: {} is given again; this value counts, not that of {}", place, property.key,
                       earlier->second.source));
    }
    values[property.key] = {expand(property.value, environment, place), place};
  }
  return values;
}

void apply_environment(ConfigValues& values, const EnvironmentLookup& environment) {
  const auto is_true = [&](std::string_view key) {
    const auto entry = values.find(key);
    return entry != values.end() && to_lower(trim(entry->second.text)) == "true";
  };
  if (!is_true("enable_envvars_config")) return;
  const bool urls = is_true("use_env_allowed_urls");
  for (const KnownKey& known : kKnownKeys) {
    const std::string key = known.key;
    if (key == "allowed_urls" && !urls) continue;
    if (key == "enable_envvars_config" || key == "use_env_allowed_urls") continue;
    const std::string name = "TS_" + to_upper(key);
    if (const auto value = environment(name)) values[key] = {*value, "environment " + name};
  }
}

void apply_config(const ConfigValues& values, ServeSettings& settings, const Warn& warn) {
  const Target target{settings, warn};
  for (const KnownKey& known : kKnownKeys) {
    const auto entry = values.find(known.key);
    if (entry != values.end()) known.set(entry->first, entry->second, target);
  }
  warn_of_unknown(values, warn);
}

}  // namespace animalctl::serve
