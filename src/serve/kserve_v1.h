#pragma once

#include "animalctl/http/router.h"
#include "serve/inference_service.h"

namespace animalctl::serve {

// KServe's protocol V1 (TensorFlow Serving's):
//   POST /v1/models/{model}:predict  {"instances":[…]} → {"predictions":[…]}, an answer an instance, in order, as
//                                    /predictions gives it. An instance is a picture in base64: "…", {"b64":"…"},
//                                    {"image_bytes":{"b64":"…"}}, {"data":"…"}, and so with "image" and "body". One
//                                    that fails has {"code","type","message"} in its place; when every one fails, the
//                                    first error is the answer, with its status.
//   GET /v1/models, GET /v1/models/{model}  {"models":["…"]}, {"name","ready"}: 503 without a worker.
// Handlers throw what failure_answer() turns into TorchServe's error answers. `service` must outlive the router.
void add_kserve_v1_routes(http::Router& router, const InferenceService& service);

}  // namespace animalctl::serve
