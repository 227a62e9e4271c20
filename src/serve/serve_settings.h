#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/http/cors.h"
#include "animalctl/model/predictor.h"
#include "serve/model_version.h"
#include "serve/review_rule.h"

namespace animalctl::serve {

// One listener: "http://127.0.0.1:8080", "https://[::]:8443".
struct ListenAddress {
  bool tls = false;
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one

  bool operator==(const ListenAddress&) const = default;
  bool is_loopback() const;  // 127.0.0.0/8, ::1, localhost
};

// What config.properties says of one version of a model, in `models` or `model_snapshot`. The comments name the key.
struct ModelConfig {
  std::optional<int> min_workers;                            // minWorkers
  std::optional<int> max_workers;                            // maxWorkers
  std::optional<int> batch_size;                             // batchSize
  std::optional<std::chrono::milliseconds> max_batch_delay;  // maxBatchDelay, ms
  std::optional<std::chrono::seconds> response_timeout;      // responseTimeout, s
  std::optional<std::chrono::seconds> startup_timeout;       // startupTimeout, s
  std::optional<std::size_t> job_queue_size;                 // jobQueueSize

  bool operator==(const ModelConfig&) const = default;
  // `settings` with what is said here in place.
  VersionSettings over(VersionSettings settings) const;
};

// One entry of `load_models` or `model_snapshot`: what is registered at start.
struct StartupModel {
  std::string url;      // marName
  std::string name;     // "": the manifest's
  std::string version;  // "" when the file does not say
  bool default_version = false;
  ModelConfig config;
};

// The file's `models`: model → version → what holds for it whenever it is registered.
using ModelConfigs = std::map<std::string, std::map<std::string, ModelConfig>>;

// Everything `serve` runs by, after flags > environment (TS_<KEY>, ANIMALCTL_*) > config.properties > defaults.
// The comments name the key of config.properties.
struct ServeSettings {
  ListenAddress inference{false, "127.0.0.1", 8080};   // inference_address
  ListenAddress management{false, "127.0.0.1", 8081};  // management_address
  ListenAddress metrics{false, "127.0.0.1", 8082};     // metrics_address
  std::optional<ListenAddress> prediction;             // prediction API, :8000 unless --no-prediction-api
  std::filesystem::path certificate_file;              // certificate_file, PEM
  std::filesystem::path private_key_file;              // private_key_file, PEM

  std::filesystem::path model_store = "model_store";  // model_store
  std::vector<StartupModel> startup;                  // load_models or model_snapshot
  ModelConfigs model_configs;                         // models
  bool load_all = false;                              // load_models=all
  std::vector<std::string> allowed_urls;              // allowed_urls: regular expressions; empty: no download
  bool enable_model_api = false;                      // enable_model_api
  std::filesystem::path verify_key;                   // --require-signature

  VersionSettings version_defaults;           // default_response_timeout, default_startup_timeout, job_queue_size
  int default_workers = 0;                    // default_workers_per_model; 0: one a core
  std::size_t max_request_size = 6'553'500;   // bytes; max_request_size
  std::size_t max_response_size = 6'553'500;  // bytes; max_response_size
  bool limit_image_pixels = true;             // limit_max_image_pixels; false: the decoder's memory limit alone counts
  http::CorsSettings cors;                    // cors_allowed_origin|methods|headers

  // disable_token_authorization, as given; absent: on when the inference or management listener is not loopback.
  std::optional<bool> tokens;
  std::chrono::minutes token_lifetime{60};  // token_expiration_min
  std::filesystem::path key_file = "key_file.json";

  Precision precision = Precision::Auto;
  Device device = Device::Auto;
  bool fast_decode = false;
  std::chrono::milliseconds shutdown_grace{30'000};

  bool snapshot = true;                                   // --ncs: false
  std::filesystem::path snapshot_folder = "logs/config";  // where snapshots are written

  // Canary and sink of the prediction API.
  std::filesystem::path canary_config = "config/config.json";
  std::string prediction_model = "animal";
  std::filesystem::path sink_folder = "logs/predictions";  // "": answers are not stored
  bool store_images = false;
  ReviewSettings review;  // pictures worth a label
};

// Whether requests need a token.
bool tokens_needed(const ServeSettings& settings);

// How a version that says nothing of itself is run: version_defaults with default_workers.
VersionSettings startup_settings(const ServeSettings& settings);

// Parses "http://127.0.0.1:8080", "https://[::1]:8443", "http://0.0.0.0" (then the port is `default_port`, of https
// `default_tls_port`). Throws InvalidArgument naming `key`, the value and the form.
ListenAddress parse_listen_address(const std::string& key, const std::string& value, int default_port,
                                   int default_tls_port);

}  // namespace animalctl::serve
