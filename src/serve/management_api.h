#pragma once

#include "animalctl/http/router.h"
#include "serve/model_manager.h"
#include "serve/serve_settings.h"
#include "serve/tokens.h"

namespace animalctl::serve {

// TorchServe's management API: /models with all below it, /token. Registering and
// unregistering exist with `enable_model_api` only. `tokens` is null when none are needed. Handlers throw what
// failure_answer() turns into answers. The arguments must outlive the router.
void add_management_routes(http::Router& router, ModelManager& models, const ServeSettings& settings, Tokens* tokens);

}  // namespace animalctl::serve
