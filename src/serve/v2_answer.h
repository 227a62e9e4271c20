#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/http/message.h"
#include "serve/model_version.h"
#include "serve/v2_request.h"

namespace animalctl::serve {

// Compact JSON; bytes that are no UTF-8 are replaced.
http::Response v2_answer(int status, const nlohmann::ordered_json& json);
// {"error":"<message>"}; 503 with Retry-After.
http::Response v2_error(int status, std::string_view message);
// What a failed call is answered with: 400 for an unknown model or version and for a wrong request, else as
// refusal_of(); 500 without its text, which is logged.
http::Response v2_failure(const std::exception& failure);

// `handler` with its exceptions turned into answers.
http::Handler v2_guarded(http::Handler handler);

// One probability a class, also of two, where the network gives only the second's.
std::vector<float> v2_probabilities(const Prediction& prediction);
// What class `index` is called: as the archive's index_to_name.json says, else as the model does.
std::string v2_class_name(const ModelVersion& version, std::size_t index);

// The answer of an inference: "probabilities" and "label", or those that were asked for, in their order; JSON alone, or
// with the header Inference-Header-Content-Length and binary data behind it. Throws InvalidArgument for an output that
// does not exist, or stands there twice, or is no tensor of probabilities and to be classified.
http::Response v2_inference_answer(const ModelVersion& version, const V2Request& request,
                                   std::span<const Prediction> predictions);

// The outputs' description in the model's metadata: [{"name","datatype","shape"}].
nlohmann::ordered_json v2_output_metadata(const ModelVersion& version);

}  // namespace animalctl::serve
