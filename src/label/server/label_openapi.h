#pragma once

#include <string>

namespace animalctl::label {

// The description of the labelling API, OpenAPI 3.0.3 as JSON: GET /openapi.json, what Swagger UI at /docs shows.
std::string label_openapi();

}  // namespace animalctl::label
