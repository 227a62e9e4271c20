#include "serve/open_inference_v2.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "animalctl/http/base64.h"
#include "serve/serving_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

namespace {

struct V2Server : ServingFixture {
  explicit V2Server(FakeServingModel::Options options = {}, bool model_api = false)
      : ServingFixture(std::move(options)) {
    settings.enable_model_api = model_api;
    add_open_inference_v2_routes(router, *service, &settings);
  }
  json get(const std::string& path, int status = 200) {
    const http::Response response = call("GET", path);
    CHECK(response.status == status);
    return json::parse(response.body);
  }
  json post(const std::string& path, const std::string& body, int status = 200) {
    const http::Response response = call("POST", path, body);
    INFO(response.body);
    CHECK(response.status == status);
    return json::parse(response.body);
  }
};

std::string picture(int value) {
  return {static_cast<char>(value)};
}
std::string picture_base64(int value) {
  return http::base64_encode(picture(value));
}

json input(const std::string& name, const std::string& datatype, const json& shape, const json& data) {
  return {{"name", name}, {"datatype", datatype}, {"shape", shape}, {"data", data}};
}

json request_of(const json& input) {
  return {{"inputs", json::array({input})}};
}

const char* const kInfer = "/v2/models/animal/infer";

float float_at(const std::string& bytes, std::size_t offset) {
  float value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

}  // namespace

TEST_CASE("V2 tells what the server is and whether it is ready", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  const json metadata = server.get("/v2");
  CHECK(metadata["name"] == "animalctl");
  CHECK(metadata["extensions"] == json{"binary_tensor_data", "classification", "model_repository", "statistics"});
  CHECK(server.get("/v2/health/live") == json{{"live", true}});
  CHECK(server.get("/v2/health/ready") == json{{"ready", true}});
  server.models->set_ready(false);
  CHECK(server.get("/v2/health/ready", 503) == json{{"ready", false}});
}

TEST_CASE("V2 describes a model's inputs, outputs and versions", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  server.add("animal", "2.0", 0);
  const json metadata = server.get("/v2/models/animal");
  CHECK(metadata["name"] == "animal");
  CHECK(metadata["versions"] == json{"1.0", "2.0"});
  CHECK(metadata["platform"] == "pytorch_torchscript");
  CHECK(metadata["inputs"] == json{{{"name", "image"}, {"datatype", "BYTES"}, {"shape", json::array({-1})}},
                                   {{"name", "pixels"}, {"datatype", "UINT8"}, {"shape", {-1, -1, -1, 3}}},
                                   {{"name", "input"}, {"datatype", "FP32"}, {"shape", {-1, 1, 16, 16}}}});
  CHECK(metadata["outputs"] == json{{{"name", "probabilities"}, {"datatype", "FP32"}, {"shape", {-1, 2}}},
                                    {{"name", "label"}, {"datatype", "BYTES"}, {"shape", json::array({-1})}}});
  CHECK(server.get("/v2/models/animal/versions/2.0")["name"] == "animal");
  CHECK(server.get("/v2/models/animal/ready") == json{{"name", "animal"}, {"ready", true}});
  CHECK(server.get("/v2/models/animal/versions/2.0/ready", 503) == json{{"name", "animal"}, {"ready", false}});
}

TEST_CASE("V2 answers an unknown model or version with 400 and an error", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  for (const char* path : {"/v2/models/cat", "/v2/models/cat/ready", "/v2/models/cat/stats"}) {
    CHECK(server.get(path, 400) == json{{"error", "Model not found: cat"}});
  }
  CHECK(contains(server.get("/v2/models/animal/versions/9", 400)["error"].get<std::string>(), "version: 9"));
  CHECK(server.post("/v2/models/cat/infer", "{}", 400).contains("error"));
}

TEST_CASE("V2 infers encoded pictures from picture_base64", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  json request = request_of(input("image", "BYTES", {2}, {picture_base64(51), picture_base64(255)}));
  request["id"] = "seven";
  const json answer = server.post(kInfer, request.dump());
  CHECK(answer["model_name"] == "animal");
  CHECK(answer["model_version"] == "1.0");
  CHECK(answer["id"] == "seven");
  REQUIRE(answer["outputs"].size() == 2);
  CHECK(answer["outputs"][0] ==
        json{{"name", "probabilities"}, {"datatype", "FP32"}, {"shape", {2, 2}}, {"data", {0.8, 0.2, 0.0, 1.0}}});
  CHECK(answer["outputs"][1] ==
        json{{"name", "label"}, {"datatype", "BYTES"}, {"shape", json::array({2})}, {"data", {"a CAT", "a DOG"}}});
  CHECK_FALSE(server
                  .post("/v2/models/animal/versions/1.0/infer",
                        request_of(input("image", "BYTES", {1, 1}, {picture_base64(9)})).dump())
                  .contains("id"));
}

TEST_CASE("V2 infers pixels and prepared inputs", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  const json pixels =
      server.post(kInfer, request_of(input("pixels", "UINT8", {2, 1, 1, 3}, {{{{51, 0, 0}}}, {{{102, 0, 0}}}})).dump());
  CHECK(pixels["outputs"][0]["data"] == json{0.8, 0.2, 0.6, 0.4});
  CHECK(server.post(kInfer, request_of(input("pixels", "UINT8", {1, 1, 1, 1}, {204})).dump())["outputs"][1]["data"] ==
        json{"a DOG"});
  json data = json::array();
  for (int i = 0; i < 512; ++i) data.push_back(i == 256 ? 255 : 0);
  const json prepared = server.post(kInfer, request_of(input("input", "FP32", {2, 1, 16, 16}, data)).dump());
  CHECK(prepared["outputs"][0]["data"] == json{1.0, 0.0, 0.0, 1.0});
}

TEST_CASE("V2 selects, orders and classifies outputs", "[v2]") {
  FakeServingModel::Options options;
  options.classes = {"A", "B", "C"};
  V2Server server(options);
  server.add("animal", "1.0");
  json request = request_of(input("image", "BYTES", {1}, {picture_base64(153)}));
  request["outputs"] = {{{"name", "label"}}, {{"name", "probabilities"}, {"parameters", {{"classification", 2}}}}};
  const json answer = server.post(kInfer, request.dump());
  REQUIRE(answer["outputs"].size() == 2);
  CHECK(answer["outputs"][0]["data"] == json{"a A"});
  CHECK(answer["outputs"][1] == json{{"name", "probabilities"},
                                     {"datatype", "BYTES"},
                                     {"shape", {1, 2}},
                                     {"data", {"0.600000:0:a A", "0.200000:1:a B"}}});
  request["outputs"] = {{{"name", "probabilities"}, {"parameters", {{"classification", 99}}}}};
  CHECK(server.post(kInfer, request.dump())["outputs"][0]["shape"] == json{1, 3});
}

TEST_CASE("V2 takes and gives binary tensors", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  json request = request_of({{"name", "image"},
                             {"datatype", "BYTES"},
                             {"shape", json::array({1})},
                             {"parameters", {{"binary_data_size", 5}}}});
  request["parameters"]["binary_data_output"] = true;
  const std::string head = request.dump();
  const std::string body = head + std::string("\x01\0\0\0", 4) + picture(255);
  const http::Response response =
      server.call("POST", kInfer, body, {{"Inference-Header-Content-Length", std::to_string(head.size())}});
  REQUIRE(response.status == 200);
  CHECK(response.content_type == "application/octet-stream");
  const std::size_t size = std::stoul(http::find_header(response.headers, "Inference-Header-Content-Length").value());
  const json answer = json::parse(response.body.substr(0, size));
  CHECK(answer["outputs"][0]["parameters"]["binary_data_size"] == 8);
  CHECK(answer["outputs"][1]["parameters"]["binary_data_size"] == 9);
  CHECK_FALSE(answer["outputs"][0].contains("data"));
  const std::string tail = response.body.substr(size);
  REQUIRE(tail.size() == 17);
  CHECK(float_at(tail, 0) == 0.0F);
  CHECK(float_at(tail, 4) == 1.0F);
  CHECK(tail.substr(8) == std::string("\x05\0\0\0", 4) + "a DOG");
}

TEST_CASE("V2 takes a picture as it is", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  const http::Response response = server.call("POST", kInfer, picture(255), {{"inference-header-content-length", "0"}});
  CHECK(response.status == 200);
  CHECK(json::parse(response.body)["outputs"][1]["data"] == json{"a DOG"});
}

TEST_CASE("V2 refuses inputs and outputs that the model does not have", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  const auto refused = [&](const json& request, std::string_view part) {
    const json answer = server.post(kInfer, request.dump(), 400);
    INFO(answer.dump());
    CHECK(contains(answer["error"].get<std::string>(), part));
  };
  refused(request_of(input("other", "BYTES", {1}, {picture_base64(1)})), "no such input");
  refused(request_of(input("image", "UINT8", {1}, {1})), "no such input of datatype UINT8");
  refused(request_of(input("image", "BYTES", {1, 2}, {picture_base64(1), picture_base64(2)})), "[pictures]");
  refused(request_of(input("pixels", "UINT8", {1, 1, 1, 4}, {1, 2, 3, 4})), "[pictures, height, width, 3 or 1]");
  refused(request_of(input("pixels", "UINT8", {1, 3}, {1, 2, 3})), "the shape is [1, 3]");
  refused(request_of(input("input", "FP32", {1, 1, 1, 2}, {1, 2})), "[pictures, 1, 16, 16]");
  refused({{"inputs", json::array()}}, "0 inputs");
  json many = json::array();
  for (int i = 0; i < 1025; ++i) many.push_back(picture_base64(1));
  refused(request_of(input("image", "BYTES", {1025}, many)), "1025 pictures");
  json request = request_of(input("image", "BYTES", {1}, {picture_base64(1)}));
  request["outputs"] = {{{"name", "other"}}};
  refused(request, "no output \"other\"");
  request["outputs"] = {{{"name", "label"}}, {{"name", "label"}}};
  refused(request, "twice");
  request["outputs"] = {{{"name", "label"}, {"parameters", {{"classification", 1}}}}};
  refused(request, "classification");
  CHECK(server.call("POST", kInfer, "{}", {{"Inference-Header-Content-Length", "x"}}).status == 400);
  CHECK(server
            .call("POST", kInfer, request_of(input("image", "BYTES", {1}, {picture_base64(1)})).dump(),
                  {{"X-Request-Timeout-Ms", "0"}})
            .status == 400);
}

TEST_CASE("V2 names the picture that failed, with the status of its failure", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  server.add("idle", "1.0", 0);
  const json request = request_of(input("image", "BYTES", {2}, {picture_base64(1), http::base64_encode("bad")}));
  const json answer = server.post(kInfer, request.dump(), 400);
  CHECK(contains(answer["error"].get<std::string>(), "picture 1: "));
  const json internal = server.post(kInfer, request_of(input("image", "BYTES", {1}, {picture_base64(13)})).dump(), 500);
  CHECK_FALSE(contains(internal["error"].get<std::string>(), "13"));
  const http::Response no_worker = server.call("POST", "/v2/models/idle/infer",
                                               request_of(input("image", "BYTES", {1}, {picture_base64(1)})).dump());
  CHECK(no_worker.status == 503);
  CHECK(http::find_header(no_worker.headers, "Retry-After").has_value());
  // The only worker is busy with another request until the deadline has passed.
  const std::size_t runs = server.control->batches().size();
  server.control->hold_runs();
  const std::string one = request_of(input("image", "BYTES", {1}, {picture_base64(1)})).dump();
  std::jthread busy([&] { server.call("POST", kInfer, one); });
  REQUIRE(server.control->wait_for_runs(runs + 1));
  CHECK(server.call("POST", kInfer, one, {{"X-Request-Timeout-Ms", "20"}}).status == 408);
  server.control->let_all_go();
}

TEST_CASE("V2's statistics add up what every protocol did", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  server.add("other", "1.0");
  server.post(kInfer, request_of(input("image", "BYTES", {2}, {picture_base64(1), picture_base64(2)})).dump());
  server.post(kInfer, request_of(input("pixels", "UINT8", {1, 1, 1, 1}, {3})).dump());
  server.post(kInfer, request_of(input("image", "BYTES", {1}, {http::base64_encode("bad")})).dump(), 400);
  const json one = server.get("/v2/models/animal/stats")["model_stats"];
  REQUIRE(one.size() == 1);
  CHECK(one[0]["name"] == "animal");
  CHECK(one[0]["version"] == "1.0");
  CHECK(one[0]["inference_count"] == 3);
  CHECK(one[0]["execution_count"].get<int>() >= 1);
  CHECK(one[0]["inference_stats"]["success"]["count"] == 3);
  CHECK(one[0]["inference_stats"]["success"]["ns"].get<std::int64_t>() > 0);
  CHECK(one[0]["inference_stats"]["fail"]["count"] == 1);
  int images = 0;
  for (const json& batch : one[0]["batch_stats"]) {
    images += batch["batch_size"].get<int>() * batch["compute_infer"]["count"].get<int>();
  }
  CHECK(images == 3);
  CHECK(server.get("/v2/models/stats")["model_stats"].size() == 2);
  CHECK(server.get("/v2/models/animal/versions/1.0/stats")["model_stats"].size() == 1);
}

TEST_CASE("V2's repository lists, loads and unloads", "[v2]") {
  V2Server server({}, true);
  server.add("animal", "1.0");
  server.add("idle", "1.0", 0);
  server.store("stored", "3.0", "stored");
  const json index = server.post("/v2/repository/index", "");
  CHECK(index[0] == json{{"name", "animal"}, {"version", "1.0"}, {"state", "READY"}, {"reason", ""}});
  CHECK(index[1] == json{{"name", "idle"}, {"version", "1.0"}, {"state", "UNAVAILABLE"}, {"reason", "no worker"}});
  CHECK(index[2] == json{{"name", "stored"}, {"state", "UNAVAILABLE"}, {"reason", "not loaded"}});
  CHECK(index.size() == 3);
  CHECK(server.post("/v2/repository/index", "{\"ready\":true}").size() == 1);
  CHECK(server.post("/v2/repository/index", "{\"ready\":1}", 400).contains("error"));
  CHECK(server.post("/v2/repository/index", "[", 400).contains("error"));

  CHECK(server.post("/v2/repository/models/stored/load", "{}") == json::object());
  CHECK(server.get("/v2/models/stored")["versions"] == json{"3.0"});
  CHECK(server.get("/v2/models/stored/ready")["ready"] == true);
  CHECK(server.post("/v2/repository/models/stored/load", "") == json::object());
  server.store("stored", "4.0", "stored");
  CHECK(server.post("/v2/repository/models/stored/load", "") == json::object());
  CHECK(server.models->default_version("stored") == "4.0");
  CHECK(contains(server.post("/v2/repository/models/missing/load", "", 400)["error"].get<std::string>(), "missing"));

  CHECK(server.post("/v2/repository/models/stored/unload", "") == json::object());
  CHECK(server.get("/v2/models/stored", 400).contains("error"));
  CHECK(server.post("/v2/repository/models/stored/unload", "", 400).contains("error"));
}

TEST_CASE("V2 loads and unloads nothing unless the model API is enabled", "[v2]") {
  V2Server server;
  server.add("animal", "1.0");
  for (const char* change : {"load", "unload"}) {
    const json answer = server.post(std::string("/v2/repository/models/animal/") + change, "", 405);
    CHECK(contains(answer["error"].get<std::string>(), "enable_model_api"));
  }
  CHECK(server.get("/v2/models/animal")["name"] == "animal");
}

}  // namespace animalctl::test
