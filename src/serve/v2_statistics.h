#pragma once

#include <nlohmann/json_fwd.hpp>

#include "animalctl/http/message.h"
#include "serve/inference_service.h"

namespace animalctl::serve {

// GET /v2/models[/{model}[/versions/{version}]]/stats: Triton's statistics extension, {"model_stats":[…]}, an entry a
// version. Throws ModelError.
http::Response v2_statistics(const InferenceService& service, const http::Request& request);

}  // namespace animalctl::serve
