#pragma once

#include <nlohmann/json_fwd.hpp>

#include "serve/model_version.h"

namespace animalctl::serve {

// The descriptions that TorchServe answers on `OPTIONS /` and `GET /api-description`: OpenAPI 3.0.1 documents of every
// route of a listener, the same at each call.
nlohmann::ordered_json inference_api_description();
nlohmann::ordered_json management_api_description();
nlohmann::ordered_json metrics_api_description();

// `OPTIONS /predictions/{model}[/{version}]`: the routes that ask this one version, with its classes.
nlohmann::ordered_json model_api_description(const VersionFacts& version);

}  // namespace animalctl::serve
