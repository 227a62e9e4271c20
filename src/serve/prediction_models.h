#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "animalctl/http/message.h"
#include "serve/model_version.h"

namespace animalctl::serve {

// What the prediction API needs of the models: the manager's in the program, made by hand in tests.
struct PredictionModels {
  std::string name;  // of the model that answers, "animal"
  // Its versions as they are registered now; none when there is no such model.
  std::function<std::vector<std::shared_ptr<ModelVersion>>()> versions;
  // InferenceService::predict(): limits from the request's headers, counted.
  std::function<Prediction(ModelVersion&, std::span<const std::byte> picture, const http::Request&)> predict;
};

// The version that a number of the canary config means: "2" before "2.0" before "2.0.0"; null when none is registered.
std::shared_ptr<ModelVersion> find_version(std::span<const std::shared_ptr<ModelVersion>> versions, int number);

// The whole numbers among the registered versions, the lowest first.
std::vector<int> whole_versions(std::span<const std::shared_ptr<ModelVersion>> versions);

}  // namespace animalctl::serve
