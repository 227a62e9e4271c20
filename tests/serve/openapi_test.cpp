#include "serve/openapi.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "serve/openapi_document.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)
using Json = nlohmann::ordered_json;

namespace {

// Every "$ref" of a document names one of its schemas.
void check_references(const Json& node, const Json& document) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string target = node["$ref"].get<std::string>();
    INFO(target);
    REQUIRE(target.starts_with("#/"));
    CHECK(document.contains(nlohmann::ordered_json::json_pointer(target.substr(1))));
  }
  if (!node.is_structured()) return;
  for (const auto& child : node) check_references(child, document);
}

// The rules of OpenAPI 3.0.1 that a generator of clients trips over.
void check_document(const Json& document) {
  CHECK(document["openapi"] == "3.0.1");
  CHECK_FALSE(document["info"]["title"].get<std::string>().empty());
  CHECK_FALSE(document["info"]["version"].get<std::string>().empty());
  std::set<std::string> ids;
  for (const auto& [path, methods] : document["paths"].items()) {
    INFO(path);
    CHECK(path.starts_with("/"));
    for (const auto& [method, operation] : methods.items()) {
      INFO(method);
      CHECK(std::set<std::string>{"get", "put", "post", "delete", "options"}.count(method) == 1);
      CHECK(ids.insert(operation["operationId"].get<std::string>()).second);
      CHECK_FALSE(operation["responses"].empty());
      for (const auto& parameter : operation["parameters"]) {
        const std::string name = parameter["name"].get<std::string>();
        if (parameter["in"] == "path") CHECK(contains(path, "{" + name + "}"));
        CHECK(parameter.contains("schema"));
      }
      for (const auto& [status, answer] : operation["responses"].items()) {
        CHECK(status.size() == 3);
        CHECK_FALSE(answer["description"].get<std::string>().empty());
      }
    }
  }
  check_references(document, document);
}

std::set<std::string> operations(const Json& document) {
  std::set<std::string> found;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) found.insert(method + " " + path);
  }
  return found;
}

}  // namespace

TEST_CASE("the inference listener's description is a valid document of every route", "[openapi]") {
  const Json document = inference_api_description();
  check_document(document);
  CHECK(operations(document) == std::set<std::string>{"options /",
                                                      "get /api-description",
                                                      "get /ping",
                                                      "options /predictions/{model}",
                                                      "options /predictions/{model}/{version}",
                                                      "post /predictions/{model}",
                                                      "put /predictions/{model}",
                                                      "post /predictions/{model}/{version}",
                                                      "put /predictions/{model}/{version}",
                                                      "post /explanations/{model}",
                                                      "post /explanations/{model}/{version}",
                                                      "post /invocations",
                                                      "post /models/{model}/invoke",
                                                      "post /{model}/predict",
                                                      "post /{model}/{version}/predict",
                                                      "get /v1/models",
                                                      "get /v1/models/{model}",
                                                      "post /v1/models/{model}:predict",
                                                      "get /v2",
                                                      "get /v2/health/live",
                                                      "get /v2/health/ready",
                                                      "get /v2/models/{model}",
                                                      "get /v2/models/{model}/versions/{version}",
                                                      "get /v2/models/{model}/ready",
                                                      "get /v2/models/{model}/versions/{version}/ready",
                                                      "post /v2/models/{model}/infer",
                                                      "post /v2/models/{model}/versions/{version}/infer",
                                                      "get /v2/models/stats",
                                                      "get /v2/models/{model}/stats",
                                                      "get /v2/models/{model}/versions/{version}/stats",
                                                      "post /v2/repository/index",
                                                      "post /v2/repository/models/{model}/load",
                                                      "post /v2/repository/models/{model}/unload"});
}

TEST_CASE("the management and metrics listeners' descriptions are valid documents", "[openapi]") {
  const Json management = management_api_description();
  check_document(management);
  CHECK(operations(management) ==
        std::set<std::string>{"options /", "get /api-description", "get /models", "post /models", "get /models/{model}",
                              "get /models/{model}/{version}", "put /models/{model}", "put /models/{model}/{version}",
                              "delete /models/{model}", "delete /models/{model}/{version}",
                              "put /models/{model}/{version}/set-default", "get /token"});
  const Json& registering = management["paths"]["/models"]["post"];
  CHECK(registering["parameters"][0]["name"] == "url");
  CHECK(registering["parameters"][0]["required"] == true);
  CHECK(registering["responses"].contains("409"));
  const Json metrics = metrics_api_description();
  check_document(metrics);
  CHECK(operations(metrics).count("get /metrics") == 1);
}

TEST_CASE("one model's description names its paths and classes", "[openapi]") {
  VersionFacts facts;
  facts.model = "animal";
  facts.version = "2.0";
  facts.names = {"cat", "dog"};
  const Json document = model_api_description(facts);
  check_document(document);
  CHECK(document["info"]["title"] == "RESTful API for: animal");
  CHECK(document["info"]["description"] == "Classes: cat, dog.");
  CHECK(operations(document) == std::set<std::string>{"post /predictions/animal/2.0", "put /predictions/animal/2.0",
                                                      "post /v1/models/animal:predict",
                                                      "post /v2/models/animal/versions/2.0/infer"});
}

TEST_CASE("answers that a client must retry say when", "[openapi]") {
  const Json document = inference_api_description();
  const Json& overloaded = document["paths"]["/predictions/{model}"]["post"]["responses"]["503"];
  CHECK(overloaded["headers"].contains("Retry-After"));
  CHECK(overloaded["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Error");
}

TEST_CASE("a row that names what does not exist is a fault of ours", "[openapi]") {
  const std::vector<ApiOperation> no_query = {{"get", "/", "a", "b", {"no_such"}, ApiBody::None, {{200, "ok", ""}}}};
  require_error(ErrorCode::Internal, "no_such", [&] { make_api_document("t", "d", no_query); });
  const std::vector<ApiOperation> no_schema = {{"get", "/", "a", "b", {}, ApiBody::None, {{200, "ok", "NoSuch"}}}};
  require_error(ErrorCode::Internal, "NoSuch", [&] { make_api_document("t", "d", no_schema); });
}

}  // namespace animalctl::test
