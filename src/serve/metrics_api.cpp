#include "serve/metrics_api.h"

#include <fmt/core.h>

namespace animalctl::serve {
namespace {

// The versions that are registered now, so that those which are not disappear from the text.
void show_registered(const InferenceService& service) {
  std::vector<VersionState> states;
  for (const std::string& model : service.models().names()) {
    try {
      for (const auto& version : service.models().versions(model)) {
        const VersionFacts& facts = version->facts();
        const std::vector<ModelVersion::Worker> workers = version->workers();
        states.push_back({facts.model, facts.version, version->queued(), workers.size()});
        for (const ModelVersion::Worker& worker : workers) {
          service.metrics().worker_loaded(fmt::format("W-{}-{}_{}", worker.id, facts.model, facts.version),
                                          facts.load_time);
        }
      }
    } catch (const ModelError&) {
      // Unregistered between the two calls.
    }
  }
  service.metrics().show_versions(states);
}

}  // namespace

void add_metrics_routes(http::Router& router, const InferenceService& service) {
  router.add("GET", "/metrics", [&service](const http::Request& request) {
    std::vector<std::string> names;
    for (const auto& [key, value] : request.query) {
      if (key == "name[]") names.push_back(value);
    }
    show_registered(service);
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = service.metrics().text(names);
    return response;
  });
}

}  // namespace animalctl::serve
