#pragma once

#include <nlohmann/json_fwd.hpp>

#include "serve/model_version.h"

namespace animalctl::serve {

// What a prediction is called. Of two classes the second from `threshold` on, else the most probable.
struct Verdict {
  std::string name;  // as the model has it, e.g. "CAT"
  double score = 0;  // of two classes P(the second), as the replaced system's; else the winner's
};
Verdict verdict_of(const ModelVersion& version, const Prediction& prediction);

// TorchServe's answer: {"animal":"cat","score":0.03} of an animal archive, else the five most probable names,
// {"tabby":0.42,…}, the most probable first.
nlohmann::ordered_json answer_of(const ModelVersion& version, const Prediction& prediction);

}  // namespace animalctl::serve
