#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/model/predictor.h"
#include "serve/model_version.h"

namespace animalctl::serve {

// One listener: "http://127.0.0.1:8080", "https://[::]:8443".
struct ListenAddress {
  bool tls = false;
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one

  bool operator==(const ListenAddress&) const = default;
  bool is_loopback() const;  // 127.0.0.0/8, ::1, localhost
};

struct CorsSettings {
  std::vector<std::string> origins;  // "*" alone: any; empty: no CORS
  std::vector<std::string> methods;  // empty: those of the route
  std::vector<std::string> headers;
  bool credentials = false;
};

// One entry of `load_models` or of the file's `models`/`model_snapshot`: what is registered at start.
struct StartupModel {
  std::string url;      // marName
  std::string name;     // "": the manifest's
  std::string version;  // "" when the file does not say
  bool default_version = false;
  std::optional<VersionSettings> settings;
};

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
  std::vector<StartupModel> startup;                  // load_models, models, model_snapshot
  bool load_all = false;                              // load_models=all
  std::vector<std::string> allowed_urls;              // allowed_urls: regular expressions; empty: no download
  bool enable_model_api = false;                      // enable_model_api
  std::filesystem::path verify_key;                   // --require-signature

  VersionSettings version_defaults;             // default_response_timeout, default_startup_timeout, job_queue_size
  int default_workers = 0;                      // default_workers_per_model; 0: one a core
  std::size_t max_request_size = 6'553'500;     // bytes; max_request_size
  std::size_t max_response_size = 6'553'500;    // bytes; max_response_size
  std::uint64_t max_image_pixels = 50'000'000;  // limit_max_image_pixels=false lifts it to the decoder's own limit
  CorsSettings cors;                            // cors_allowed_origin|methods|headers

  bool tokens = true;  // disable_token_authorization=false; forced on off loopback unless disabled by name
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
};

}  // namespace animalctl::serve
