#pragma once

#include "animalctl/http/router.h"
#include "serve/inference_service.h"

namespace animalctl::serve {

// GET /metrics with `name[]=` once a family that is wanted, all without. `service` must outlive the router.
void add_metrics_routes(http::Router& router, const InferenceService& service);

}  // namespace animalctl::serve
