#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "serve/openapi_document.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;
using Fields = std::vector<std::pair<std::string, Json>>;

Json type(const char* name, const char* description = "") {
  Json schema;
  schema["type"] = name;
  if (*description != '\0') schema["description"] = description;
  return schema;
}

Json reference(const char* name) {
  Json schema;
  schema["$ref"] = std::string("#/components/schemas/") + name;
  return schema;
}

Json list(Json items, const char* description = "") {
  Json schema = type("array", description);
  schema["items"] = std::move(items);
  return schema;
}

Json object(const Fields& fields, const std::vector<std::string>& required) {
  Json schema = type("object");
  if (!required.empty()) schema["required"] = required;
  for (const auto& [name, field] : fields) schema["properties"][name] = field;
  return schema;
}

Json map_of(Json values, const char* description) {
  Json schema = type("object", description);
  schema["additionalProperties"] = std::move(values);
  return schema;
}

void add_torchserve(Json& schemas) {
  schemas["Status"] = object({{"status", type("string")}}, {"status"});
  schemas["Error"] = object({{"code", type("integer", "HTTP status.")},
                             {"type", type("string", "Name of the kind of error.")},
                             {"message", type("string", "What failed.")}},
                            {"code", "type", "message"});
  schemas["AnimalAnswer"] = object({{"animal", type("string", "The class, in lower case.")},
                                    {"score", type("number", "Probability of the second class, 0 to 1.")}},
                                   {"animal", "score"});
  schemas["ClassAnswer"] = map_of(type("number"), "The five most probable classes and their probabilities.");
  Json prediction;
  prediction["oneOf"] = Json::array({reference("AnimalAnswer"), reference("ClassAnswer")});
  schemas["Prediction"] = std::move(prediction);
}

void add_management(Json& schemas) {
  schemas["ModelList"] =
      object({{"nextPageToken", type("string", "Absent on the last page.")},
              {"models", list(object({{"modelName", type("string")}, {"modelUrl", type("string")}}, {}))}},
             {"models"});
  const Json worker = object({{"id", type("string")},
                              {"startTime", type("string", "ISO 8601, UTC.")},
                              {"status", type("string", "READY or UNLOADING.")},
                              {"memoryUsage", type("integer", "Bytes.")},
                              {"pid", type("integer")},
                              {"gpu", type("boolean")},
                              {"gpuUsage", type("string")}},
                             {"id", "startTime", "status"});
  const Json queue = object({{"remainingCapacity", type("integer")}, {"pendingRequests", type("integer")}}, {});
  Fields fields;
  for (const char* name : {"modelName", "modelVersion", "modelUrl", "runtime"})
    fields.emplace_back(name, type("string"));
  for (const char* name : {"minWorkers", "maxWorkers", "batchSize", "maxBatchDelay", "responseTimeout",
                           "startupTimeout", "maxRetryTimeoutInSec", "clientTimeoutInMills"}) {
    fields.emplace_back(name, type("integer"));
  }
  fields.emplace_back("parallelType", type("string"));
  fields.emplace_back("parallelLevel", type("integer"));
  fields.emplace_back("deviceType", type("string"));
  for (const char* name : {"continuousBatching", "useJobTicket", "useVenv", "stateful"}) {
    fields.emplace_back(name, type("boolean"));
  }
  for (const char* name : {"sequenceMaxIdleMSec", "sequenceTimeoutMSec", "maxNumSequence", "maxSequenceJobQueueSize"}) {
    fields.emplace_back(name, type("integer"));
  }
  fields.emplace_back("loadedAtStartup", type("boolean"));
  fields.emplace_back("workers", list(worker));
  fields.emplace_back("jobQueueStatus", queue);
  fields.emplace_back("customizedMetadata",
                      type("object", "Architecture, classes, preprocessing, precision, SHA-256 and lineage."));
  schemas["ModelDescriptions"] = list(object(fields, {"modelName", "modelVersion", "modelUrl"}));
  Fields registering = {{"url", type("string")},
                        {"model_name", type("string")},
                        {"handler", type("string")},
                        {"runtime", type("string")}};
  for (const char* name : {"batch_size", "max_batch_delay", "initial_workers", "response_timeout", "startup_timeout"}) {
    registering.emplace_back(name, type("integer"));
  }
  registering.emplace_back("synchronous", type("boolean"));
  schemas["RegisterRequest"] = object(registering, {"url"});
}

void add_kserve(Json& schemas) {
  const Json base64 = object({{"b64", type("string", "A picture in base64.")}}, {"b64"});
  Json instance;
  instance["oneOf"] = Json::array({base64, object({{"image_bytes", base64}}, {"image_bytes"}),
                                   object({{"data", type("string", "A picture in base64.")}}, {"data"})});
  schemas["Instances"] = object({{"instances", list(std::move(instance))}}, {"instances"});
  Json outcome;
  outcome["oneOf"] = Json::array({reference("Prediction"), reference("Error")});
  schemas["Predictions"] =
      object({{"predictions", list(std::move(outcome), "In the order of the instances.")}}, {"predictions"});
  schemas["KServeModel"] = object({{"name", type("string")}, {"ready", type("boolean")}}, {"name", "ready"});
  schemas["KServeModels"] = object({{"models", list(type("string"))}}, {"models"});
}

void add_open_inference(Json& schemas) {
  schemas["InferenceError"] = object({{"error", type("string")}}, {"error"});
  schemas["Live"] = object({{"live", type("boolean")}}, {"live"});
  schemas["Ready"] = object({{"ready", type("boolean")}}, {"ready"});
  schemas["ModelReady"] = object({{"name", type("string")}, {"ready", type("boolean")}}, {"name", "ready"});
  schemas["Server"] =
      object({{"name", type("string")}, {"version", type("string")}, {"extensions", list(type("string"))}},
             {"name", "version", "extensions"});
  const Fields tensor = {{"name", type("string")}, {"datatype", type("string")}, {"shape", list(type("integer"))}};
  schemas["ModelMetadata"] = object({{"name", type("string")},
                                     {"versions", list(type("string"))},
                                     {"platform", type("string")},
                                     {"inputs", list(object(tensor, {"name", "datatype", "shape"}))},
                                     {"outputs", list(object(tensor, {"name", "datatype", "shape"}))}},
                                    {"name", "platform", "inputs", "outputs"});
  const Json parameters = type("object", "binary_data_size, binary_data, binary_data_output, classification.");
  Fields with_data = tensor;
  with_data.emplace_back("parameters", parameters);
  with_data.emplace_back("data", list(Json::object(), "Row-major, flat or nested as the shape says."));
  const Json output = object({{"name", type("string")}, {"parameters", parameters}}, {"name"});
  schemas["InferenceRequest"] = object({{"id", type("string")},
                                        {"parameters", parameters},
                                        {"inputs", list(object(with_data, {"name", "datatype", "shape"}))},
                                        {"outputs", list(output)}},
                                       {"inputs"});
  schemas["InferenceResponse"] = object({{"model_name", type("string")},
                                         {"model_version", type("string")},
                                         {"id", type("string")},
                                         {"outputs", list(object(with_data, {"name", "datatype", "shape"}))}},
                                        {"model_name", "model_version", "outputs"});
  const Json indexed = object(
      {{"name", type("string")}, {"version", type("string")}, {"state", type("string")}, {"reason", type("string")}},
      {"name", "state"});
  schemas["RepositoryIndex"] = list(indexed);
  schemas["ModelStatistics"] = object({{"model_stats", list(type("object"))}}, {"model_stats"});
}

}  // namespace

Json api_schemas() {
  Json schemas = Json::object();
  add_torchserve(schemas);
  add_management(schemas);
  add_kserve(schemas);
  add_open_inference(schemas);
  return schemas;
}

}  // namespace animalctl::serve
