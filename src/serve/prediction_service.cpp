#include "serve/prediction_service.h"

#include <utility>

#include "animalctl/base/log.h"
#include "serve/answer.h"
#include "serve/jsonl_sink.h"
#include "serve/prediction_answer.h"

namespace animalctl::serve {
namespace {

PredictionModels models_of(const InferenceService& service, std::string name) {
  PredictionModels models;
  models.versions = [&service, name]() -> std::vector<std::shared_ptr<ModelVersion>> {
    try {
      return service.models().versions(name);
    } catch (const ModelError&) {
      return {};
    }
  };
  models.predict = [&service](ModelVersion& version, std::span<const std::byte> picture, const http::Request& request) {
    return service.predict(version, picture, request);
  };
  models.name = std::move(name);
  return models;
}

// Without a file: the seed's version 1; where there is none, the model's default version.
CanaryConfig config_without_file(const ModelManager& models, const std::string& name) {
  CanaryConfig config;
  try {
    if (find_version(models.versions(name), config.current_version)) return config;
    if (const auto number = whole_version(models.default_version(name))) {
      config.current_version = config.previous_version = *number;
    }
  } catch (const ModelError&) {
    // No version at all yet: ready() says so.
  }
  return config;
}

std::shared_ptr<PredictionSink> make_sink(const ServeSettings& settings, Metrics& metrics) {
  if (settings.sink_folder.empty()) return nullptr;
  JsonlSinkOptions options;
  options.folder = settings.sink_folder;
  options.store_images = settings.store_images;
  options.review = settings.review;
  options.dropped = [&metrics](std::uint64_t count) { metrics.sink_dropped(count); };
  return std::make_shared<JsonlSink>(std::move(options));
}

}  // namespace

std::unique_ptr<PredictionApi> make_prediction_api(const ServeSettings& settings, const InferenceService& service,
                                                   const Tokens* tokens) {
  Metrics& metrics = service.metrics();
  PredictionApiOptions options;
  options.config_file = settings.canary_config;
  options.config_without_file = [&service, name = settings.prediction_model] {
    return config_without_file(service.models(), name);
  };
  // config.properties' origins are for every listener; the seed's for this one when it names none.
  if (!settings.cors.origins.empty()) options.cors = settings.cors;
  options.answered = [&metrics](int status) { metrics.answered(status); };
  options.refused = [&metrics](const VersionFacts& version, int status, std::string_view reason) {
    metrics.refused(version, status, reason);
  };
  const bool loopback = !settings.prediction || settings.prediction->is_loopback();
  if (!loopback && tokens != nullptr) {
    options.guard_config = [tokens](const http::Request& request) -> std::optional<http::Response> {
      if (tokens->accepts(TokenUse::Management, request.header("Authorization"))) return std::nullopt;
      return message_answer(401, "changing the config needs the management token: Authorization: Bearer <key>");
    };
  } else if (!loopback) {
    log::warning("anybody who reaches the prediction API may change the canary config: no tokens are in use");
  }
  return std::make_unique<PredictionApi>(std::move(options), models_of(service, settings.prediction_model),
                                         make_sink(settings, metrics));
}

}  // namespace animalctl::serve
