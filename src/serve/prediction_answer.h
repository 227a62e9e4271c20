#pragma once

#include <string>
#include <string_view>

#include "animalctl/http/message.h"
#include "serve/model_version.h"

namespace animalctl::serve {

// {"message": "<text>"}, the form of every error of the prediction API; 503 with Retry-After.
http::Response message_answer(int status, std::string_view message);

// JSON on one line. Bytes that are no UTF-8 are replaced.
http::Response compact_json_answer(int status, const nlohmann::ordered_json& json);

// The class that the scores stand for, in upper case: with two classes names[1] when the score reaches the threshold,
// else names[0]; with more the most probable one.
std::string label_of(const ModelVersion& version, const std::vector<float>& scores);

// {"animal": "DOG", "score": 0.93, "version": 2}, score = P(names[1]); with more than two classes the label's
// probability, and "scores" holds the five most probable: {"TABBY": 0.42, …}.
http::Response prediction_answer(const ModelVersion& version, const Prediction& prediction, int number);

// What a failed request is answered with: ApiError says it itself, a picture that cannot be read is 422, the rest is
// refusal_of()'s status. What is our fault is logged and not told.
http::Response prediction_failure(const std::exception& failure);

}  // namespace animalctl::serve
