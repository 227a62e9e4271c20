#pragma once

#include <nlohmann/json_fwd.hpp>

#include "animalctl/http/router.h"
#include "serve/inference_service.h"

namespace animalctl::serve {

// TorchServe's inference API: /ping, /predictions, /explanations, /invocations and the other old forms. Handlers throw
// what failure_answer() (answer.h) turns into TorchServe's error answers. `service` must outlive the router.
void add_inference_routes(http::Router& router, const InferenceService& service);

// `OPTIONS /` and `GET /api-description`: the OpenAPI document of a listener.
void add_description_routes(http::Router& router, const nlohmann::ordered_json& document);

}  // namespace animalctl::serve
