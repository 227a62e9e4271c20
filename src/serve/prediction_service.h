#pragma once

#include <memory>

#include "serve/inference_service.h"
#include "serve/prediction_api.h"
#include "serve/serve_settings.h"
#include "serve/tokens.h"

namespace animalctl::serve {

// The prediction API as `serve` runs it: the manager's models, the JSONL sink of the settings, metrics. Off loopback,
// where `tokens` are in use, changing the config needs the management token. What is passed must outlive it. Throws
// what PredictionApi's constructor throws.
std::unique_ptr<PredictionApi> make_prediction_api(const ServeSettings& settings, const InferenceService& service,
                                                   const Tokens* tokens);

}  // namespace animalctl::serve
