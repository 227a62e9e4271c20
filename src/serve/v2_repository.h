#pragma once

#include "animalctl/http/message.h"
#include "serve/inference_service.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// Triton's model repository extension. All throw InvalidArgument (the body), ModelError, and what loading throws.

// POST /v2/repository/index, {"ready":true}? → [{"name","version","state","reason"}]: each registered version, READY
// or, without a worker, UNAVAILABLE; then, unless `ready`, archives of the model store that are not registered.
http::Response v2_repository_index(const ModelManager& models, const http::Request& request);

// POST /v2/repository/models/{model}/load: registers the model store's archive of that name ({model}.mar, a .tgz or an
// unpacked folder) with the server's default settings and makes its version the default one. Nothing changes when that
// version is registered already: a version is never replaced.
http::Response v2_repository_load(ModelManager& models, const ServeSettings& settings, const http::Request& request);

// POST /v2/repository/models/{model}/unload: unregisters every version.
http::Response v2_repository_unload(ModelManager& models, const ServeSettings& settings, const http::Request& request);

}  // namespace animalctl::serve
