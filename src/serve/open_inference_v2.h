#pragma once

#include "animalctl/http/router.h"
#include "serve/inference_service.h"

namespace animalctl::serve {

// The Open Inference Protocol V2 (REST), with Triton's extensions binary_tensor_data, classification, statistics and
// model_repository: docs/open-inference.md. Every answer is JSON, or JSON with binary data behind it; every error
// {"error":"…"}: 400 for a wrong request and for an unknown model, 408, 500, 503 with Retry-After.
//
// A model takes one of three inputs: "image" BYTES [n], encoded pictures; "pixels" UINT8 [n, h, w, 3], RGB (or
// [n, h, w, 1], grey); "input" FP32 [n, c, h, w], prepared as the model's preprocessing does it. It gives
// "probabilities" FP32 [n, classes] and "label" BYTES [n].
//
// Models are loaded and unloaded only with `settings` whose enable_model_api is true; else those routes are answered
// 405. `service` and `settings` must outlive the router.
void add_open_inference_v2_routes(http::Router& router, const InferenceService& service,
                                  const ServeSettings* settings = nullptr);

}  // namespace animalctl::serve
