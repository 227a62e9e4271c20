#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "animalctl/http/cors.h"
#include "animalctl/http/message.h"
#include "animalctl/http/router.h"
#include "serve/canary_config.h"
#include "serve/log_limit.h"
#include "serve/prediction_models.h"
#include "serve/prediction_sink.h"
#include "serve/sent_picture.h"
#include "serve/shadow.h"

namespace animalctl::serve {

// The seed's: pages of http://localhost and http://localhost:3000, with credentials.
http::CorsSettings seed_cors();

struct PredictionApiOptions {
  std::filesystem::path config_file = "config/config.json";
  CanaryConfigFile::Defaults config_without_file;  // may be empty: CanaryConfig{}
  http::CorsSettings cors = seed_cors();
  ShadowLimits shadow;
  // Whether a request may change the config; empty: all may. A refusal is answered as it is.
  std::function<std::optional<http::Response>(const http::Request&)> guard_config;
  // Metrics; may be empty.
  std::function<void(int status)> answered;
  std::function<void(const VersionFacts&, int status, std::string_view reason)> refused;
};

// The prediction API (seed/contract.md §3, docs/prediction-api.md): takes a picture, has the canary's choice of a
// version answer it, and gives query and answer to the sink. Its errors are {"message": "…"}. Thread-safe.
class PredictionApi {
 public:
  // Reads the config. `sink` may be null: nothing is stored, and nothing shadowed. Throws what CanaryConfigFile's
  // constructor throws.
  PredictionApi(PredictionApiOptions options, PredictionModels models, std::shared_ptr<PredictionSink> sink);
  ~PredictionApi();  // close()
  PredictionApi(const PredictionApi&) = delete;
  PredictionApi& operator=(const PredictionApi&) = delete;

  // To be called when the models are registered: reads the config again and logs when a version in it is not loaded,
  // see ready(). Throws as the constructor.
  void start();
  // Answers any request of the listener: routes, CORS, errors, x-request-id. Fills in the request's parameters. Never
  // throws.
  http::Response answer(http::Request& request) const;
  // ServerOptions::admit: 503 before the body is read when no version of the config could take it.
  std::optional<http::Response> admit(const http::Request& head) const;
  // ServerOptions::refuse.
  static http::Response refuse(int status, std::string_view message);

  // True when the versions that the config names are registered: /health says so.
  bool ready() const;
  // Reads the config again (SIGHUP, a changed file). Throws; the config in use stays then.
  void reload();
  std::shared_ptr<const CanaryConfig> config() const { return config_->snapshot(); }
  // Ends shadowing, then drains the sink. To be called when no request is being answered any more. Idempotent.
  void close();

  ShadowRunner::Counts shadow_counts() const;

 private:
  friend void add_prediction_routes(http::Router& router, const PredictionApi& api);

  // Which version answers a request, and which one else may compute it.
  struct Choice {
    std::shared_ptr<ModelVersion> version;
    int number = 0;
    Role role = Role::Current;
    std::shared_ptr<ModelVersion> shadow;  // null: none
    int shadow_number = 0;
  };

  http::Response dispatch(http::Request& request) const;
  http::Response predict(const http::Request& request, const SentPicture& picture) const;
  Choice choose_version(const http::Request& request, const Digest& image) const;
  // Nothing when neither version of the config is loaded.
  std::optional<Choice> shared_out(const CanaryConfig& config, std::uint64_t key) const;
  Choice forced_version(const std::string& wanted) const;
  PredictionRecord new_record(const SentPicture& picture, const Digest& image) const;
  std::optional<ShadowJob> shadow_job(const Choice& choice, const SentPicture& picture,
                                      const PredictionRecord& answered) const;
  PredictionRecord compute_shadow(ShadowJob job) const;
  void require_loaded(const CanaryConfig& config) const;
  http::Response get_config() const;
  http::Response update_config(const http::Request& request) const;
  http::Response health() const;

  const PredictionApiOptions options_;
  const PredictionModels models_;
  const std::shared_ptr<PredictionSink> sink_;  // null: nothing is stored
  mutable LogLimit missing_log_;
  // Changing the config is what update_config() is for: the object itself stays the same.
  const std::unique_ptr<CanaryConfigFile> config_;
  http::Router router_;
  std::unique_ptr<ShadowRunner> shadows_;  // null without a sink
};

// GET /, /health, /api/get-config, /openapi.json, /docs and the pages' files, PUT /api/update-config, POST /predict,
// POST /upload. `api` must outlive the router.
void add_prediction_routes(http::Router& router, const PredictionApi& api);

}  // namespace animalctl::serve
