#pragma once

#include <nlohmann/json_fwd.hpp>

#include "animalctl/http/message.h"
#include "serve/inference_service.h"

namespace animalctl::serve {

// POST /v2/models/{model}[/versions/{version}]/infer. When one picture of several fails, the request does, and the
// error names the picture. Throws InvalidArgument, ModelError, and what ModelVersion::predict_many() returns.
http::Response v2_infer(const InferenceService& service, const http::Request& request);

// The inputs' description in the model's metadata: [{"name","datatype","shape"}]; -1: any size.
nlohmann::ordered_json v2_input_metadata(const ServingModel& model);

}  // namespace animalctl::serve
