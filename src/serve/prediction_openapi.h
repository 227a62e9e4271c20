#pragma once

#include <string>

namespace animalctl::serve {

// The description of the prediction API, OpenAPI 3.0.3 as JSON: GET /openapi.json, what Swagger UI at /docs shows.
std::string prediction_openapi();

}  // namespace animalctl::serve
