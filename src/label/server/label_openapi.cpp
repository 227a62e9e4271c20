#include "label/server/label_openapi.h"

#include <nlohmann/json.hpp>

#include "animalctl/version.h"
#include "console/console_openapi_text.h"
#include "label/server/label_openapi_text.h"

namespace animalctl::label {
namespace {

std::string built() {
  auto description = nlohmann::ordered_json::parse(kOpenApiPaths);
  description["info"]["version"] = kVersion;
  description["paths"].update(nlohmann::ordered_json::parse(console::kConsoleOpenApiPaths));
  description["components"] = nlohmann::ordered_json::parse(kOpenApiComponents);
  return description.dump();
}

}  // namespace

std::string label_openapi() {
  static const std::string description = built();
  return description;
}

}  // namespace animalctl::label
