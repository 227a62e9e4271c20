#include "serve/kserve_v1.h"

#include <nlohmann/json.hpp>

#include "animalctl/http/base64.h"
#include "serve/serving_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

namespace {

struct KServeServer : ServingFixture {
  KServeServer() { add_kserve_v1_routes(router, *service); }
  json post(const json& instances, int status = 200) {
    const http::Response response = call("POST", "/v1/models/animal:predict", json{{"instances", instances}}.dump());
    INFO(response.body);
    CHECK(response.status == status);
    return json::parse(response.body);
  }
};

std::string base64(int value) {
  return http::base64_encode(std::string(1, static_cast<char>(value)));
}

}  // namespace

TEST_CASE("KServe V1 predicts instances in every form that clients send", "[kserve]") {
  KServeServer server;
  server.add("animal", "1.0");
  const std::string picture = base64(51);
  const json instances = {picture,
                          {{"b64", picture}},
                          {{"image_bytes", {{"b64", picture}}}},
                          {{"image_bytes", picture}},
                          {{"image", {{"b64", picture}}}},
                          {{"data", picture}},
                          {{"data", {{"b64", picture}}}},
                          {{"body", picture}}};
  const json answer = server.post(instances);
  REQUIRE(answer["predictions"].size() == instances.size());
  for (const json& prediction : answer["predictions"]) {
    CHECK(prediction.size() == 2);
    CHECK(prediction["a DOG"].get<double>() == Approx(0.2));
  }
}

TEST_CASE("KServe V1 puts the error of an instance in its place", "[kserve]") {
  KServeServer server;
  server.add("animal", "1.0");
  const json answer = server.post({{{"b64", base64(255)}},
                                   {{"b64", http::base64_encode("bad")}},
                                   {{"b64", "%"}},
                                   {{"other", 1}},
                                   {{"b64", base64(0)}}});
  const json& predictions = answer["predictions"];
  REQUIRE(predictions.size() == 5);
  CHECK(predictions[0]["a DOG"] == 1.0);
  for (const int failed : {1, 2, 3}) {
    CHECK(predictions[failed]["code"] == 400);
    CHECK(predictions[failed]["type"] == "BadRequestException");
    CHECK_FALSE(predictions[failed]["message"].get<std::string>().empty());
  }
  CHECK(predictions[4]["a DOG"] == 0.0);
}

TEST_CASE("KServe V1 answers with the first error when every instance fails", "[kserve]") {
  KServeServer server;
  server.add("animal", "1.0");
  CHECK(server.post({{{"b64", "%"}}}, 400)["code"] == 400);
  CHECK(server.post({{{"b64", base64(13)}}}, 500)["type"] == "InternalServerException");
}

TEST_CASE("KServe V1 refuses a body without instances", "[kserve]") {
  KServeServer server;
  server.add("animal", "1.0");
  for (const char* body : {"", "[", "[]", "{}", "{\"instances\":[]}", "{\"instances\":{}}", "{\"instances\":1}"}) {
    INFO(body);
    CHECK(server.call("POST", "/v1/models/animal:predict", body).status == 400);
  }
  json many = json::array();
  for (int i = 0; i < 1025; ++i) many.push_back("");
  CHECK(contains(server.post(many, 400)["message"].get<std::string>(), "1 to 1024"));
}

TEST_CASE("KServe V1 lists models and tells whether one is ready", "[kserve]") {
  KServeServer server;
  server.add("animal", "1.0");
  server.add("idle", "1.0", 0);
  CHECK(json::parse(server.call("GET", "/v1/models").body) == json{{"models", {"animal", "idle"}}});
  CHECK(json::parse(server.call("GET", "/v1/models/animal").body) == json{{"name", "animal"}, {"ready", true}});
  const http::Response idle = server.call("GET", "/v1/models/idle");
  CHECK(idle.status == 503);
  CHECK(json::parse(idle.body)["ready"] == false);
  const http::Response unknown = server.call("GET", "/v1/models/cat");
  CHECK(unknown.status == 404);
  CHECK(json::parse(unknown.body)["message"] == "Model not found: cat");
  CHECK(server.call("POST", "/v1/models/cat:predict", "{\"instances\":[\"\"]}").status == 404);
}

}  // namespace animalctl::test
