#pragma once

#include <string>
#include <vector>

#include "animalctl/registry/registry.h"

namespace animalctl::publish {

struct MlflowOptions {
  std::string uri;                       // of the tracking server: http(s)://HOST:PORT, with its prefix if it has one
  std::string experiment = "animalctl";  // is created when there is none
  // A token, or a user and a password; the token wins. Not logged.
  std::string token;
  std::string user;
  std::string password;
};

// What reached the server. Failures are sentences: none means everything.
struct MlflowReport {
  std::string run_id;         // "" when no run was made
  std::string model_version;  // MLflow's number, not ours; "" when none was registered
  std::size_t artifacts = 0;  // files stored
  std::vector<std::string> failures;
};

// Token and user as MLflow's own clients take them: MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME and
// MLFLOW_TRACKING_PASSWORD.
MlflowOptions mlflow_options_from_environment(std::string uri);

// Logs a version as a run of MLflow (parameters, metrics, tags, its files as artefacts) and registers it as a version
// of the model of the same name, over MLflow's REST API 2.0 and its proxied artefact API (mlflow.org, "REST API",
// "Tracking Server"). What fails is in the report and does not keep the rest from being tried where that has a point.
// Every call makes a new run. Throws InvalidArgument when the address is none, NotFound when there is no such version.
MlflowReport log_to_mlflow(const MlflowOptions& options, const registry::ModelRegistry& registry, int version);

}  // namespace animalctl::publish
