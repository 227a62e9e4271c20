#include "serve/openapi_document.h"

#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/version.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;

struct QueryParameter {
  std::string_view name;
  std::string_view type;
  std::string_view fallback;  // as JSON; "" when there is none
  std::string_view description;
  bool required = false;
};

constexpr std::array kQueryParameters = {
    QueryParameter{"url", "string", "", "File in the model store, or an allowed address, of the archive.", true},
    QueryParameter{"model_name", "string", "", "Name of the model instead of the manifest's."},
    QueryParameter{"handler", "string", "", "Name of the handler instead of the manifest's."},
    QueryParameter{"runtime", "string", "", "Runtime instead of the manifest's."},
    QueryParameter{"batch_size", "integer", "1", "Pictures that a worker runs together at most."},
    QueryParameter{"max_batch_delay", "integer", "100", "Longest time in ms that a picture waits for others."},
    QueryParameter{"initial_workers", "integer", "0", "Workers to start."},
    QueryParameter{"synchronous", "boolean", "", "Whether to answer only when the workers run."},
    QueryParameter{"response_timeout", "integer", "120", "Seconds until a request is answered 408."},
    QueryParameter{"startup_timeout", "integer", "120", "Seconds that loading may take."},
    QueryParameter{"min_worker", "integer", "1", "Workers at least."},
    QueryParameter{"max_worker", "integer", "", "Workers at most; min_worker when it is not given."},
    QueryParameter{"limit", "integer", "100", "Models of one answer at most (1 to 100)."},
    QueryParameter{"next_page_token", "integer", "0", "Where to go on, from the answer before."},
    QueryParameter{"type", "string", "", "Which key to make anew: management or inference."},
    QueryParameter{"name[]", "array", "", "Metric families to show; all when none is given."},
};

Json object(std::initializer_list<std::pair<const char*, Json>> entries) {
  Json result = Json::object();
  for (const auto& [key, value] : entries) result[key] = value;
  return result;
}

Json schema_reference(const Json& schemas, std::string_view name) {
  if (!schemas.contains(std::string(name))) {
    throw Error(ErrorCode::Internal,
                fmt::format("the API description names a schema \"{}\" that does not exist", name));
  }
  return object({{"$ref", fmt::format("#/components/schemas/{}", name)}});
}

Json json_content(const Json& schemas, std::string_view schema) {
  return object({{"application/json", object({{"schema", schema_reference(schemas, schema)}})}});
}

Json query_parameter(std::string_view name) {
  for (const QueryParameter& row : kQueryParameters) {
    if (row.name != name) continue;
    Json schema = object({{"type", std::string(row.type)}});
    if (row.type == "array") schema["items"] = object({{"type", "string"}});
    if (!row.fallback.empty()) schema["default"] = Json::parse(row.fallback);
    return object({{"in", "query"},
                   {"name", std::string(name)},
                   {"description", std::string(row.description)},
                   {"required", row.required},
                   {"schema", schema}});
  }
  throw Error(ErrorCode::Internal, fmt::format("the API description names a query parameter \"{}\" without row", name));
}

std::string_view path_description(std::string_view name) {
  return name == "version" ? "Version of the model." : "Name of the model.";
}

Json parameters(const ApiOperation& operation) {
  Json list = Json::array();
  for (std::size_t open = operation.path.find('{'); open != std::string_view::npos;
       open = operation.path.find('{', open + 1)) {
    const std::size_t close = operation.path.find('}', open);
    const std::string name(operation.path.substr(open + 1, close - open - 1));
    list.push_back(object({{"in", "path"},
                           {"name", name},
                           {"description", std::string(path_description(name))},
                           {"required", true},
                           {"schema", object({{"type", "string"}})}}));
  }
  for (const std::string_view name : operation.query) list.push_back(query_parameter(name));
  return list;
}

Json binary() {
  return object({{"schema", object({{"type", "string"}, {"format", "binary"}})}});
}

Json request_body(const Json& schemas, ApiBody body) {
  Json content;
  std::string description;
  switch (body) {
    case ApiBody::None:
      return nullptr;
    case ApiBody::Image:
      description =
          "A PNG, JPEG, WebP or BMP picture as it is; its base64 as a JSON string; a form with the picture in "
          "a part; or KServe's instances.";
      content["*/*"] = binary();
      content["application/json"] = object({{"schema", schema_reference(schemas, "Instances")}});
      content["multipart/form-data"] =
          object({{"schema",
                   object({{"type", "object"},
                           {"properties", object({{"data", object({{"type", "string"}, {"format", "binary"}})}})}})}});
      break;
    case ApiBody::KServe:
      description = "The pictures, each in base64.";
      content = json_content(schemas, "Instances");
      break;
    case ApiBody::Tensors:
      description =
          "Input tensors; with the header Inference-Header-Content-Length their data may stand behind the JSON.";
      content = json_content(schemas, "InferenceRequest");
      content["application/octet-stream"] = binary();
      break;
    case ApiBody::Registering:
      description = "The query's parameters may be given as a JSON object instead.";
      content = json_content(schemas, "RegisterRequest");
      break;
  }
  return object({{"description", description}, {"content", content}, {"required", body != ApiBody::Registering}});
}

Json responses(const Json& schemas, const ApiOperation& operation) {
  Json result = Json::object();
  for (const ApiAnswer& answer : operation.answers) {
    Json& entry = result[std::to_string(answer.status)];
    entry["description"] = std::string(answer.description);
    if (!answer.schema.empty()) entry["content"] = json_content(schemas, answer.schema);
    if (answer.status == 503) {
      entry["headers"]["Retry-After"] =
          object({{"description", "Seconds after which to try again."}, {"schema", object({{"type", "integer"}})}});
    }
  }
  return result;
}

}  // namespace

Json make_api_document(std::string_view title, std::string_view description, std::span<const ApiOperation> operations) {
  const Json schemas = api_schemas();
  Json document;
  document["openapi"] = "3.0.1";
  document["info"] = object(
      {{"title", std::string(title)}, {"description", std::string(description)}, {"version", std::string(kVersion)}});
  document["paths"] = Json::object();
  for (const ApiOperation& operation : operations) {
    Json& entry = document["paths"][std::string(operation.path)][std::string(operation.method)];
    entry["description"] = std::string(operation.summary);
    entry["operationId"] = std::string(operation.id);
    entry["parameters"] = parameters(operation);
    if (Json body = request_body(schemas, operation.body); !body.is_null()) entry["requestBody"] = std::move(body);
    entry["responses"] = responses(schemas, operation);
  }
  document["components"]["schemas"] = schemas;
  document["components"]["securitySchemes"]["token"] = object({{"type", "http"}, {"scheme", "bearer"}});
  // An empty requirement beside it: tokens are asked for only where the server is set so.
  document["security"] = Json::array({object({{"token", Json::array()}}), Json::object()});
  return document;
}

}  // namespace animalctl::serve
