#include <future>
#include <regex>

#include "animalctl/base/file.h"
#include "animalctl/http/base64.h"
#include "serve/model_server.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

constexpr const char* kNoWorker =
    "Model \"animal\" has no worker to serve inference request. Please use scale workers API to add workers.";

std::string status_of(const http::Response& response) {
  INFO(response.body);
  REQUIRE(response.status < 400);
  return json_of(response)["status"].get<std::string>();
}

}  // namespace

TEST_CASE("every answer carries TorchServe's headers and a new request id", "[serve]") {
  ModelServer server;
  server.open();
  const http::Response first = server.infer({"GET", "/ping"});
  CHECK(first.body == "{\n  \"status\": \"Healthy\"\n}\n");
  CHECK(first.content_type == "application/json");
  CHECK_FALSE(first.close);
  CHECK(http::find_header(first.headers, "Pragma") == "no-cache");
  CHECK(http::find_header(first.headers, "Cache-Control") == "no-cache; no-store, must-revalidate, private");
  CHECK(http::find_header(first.headers, "Expires") == "Thu, 01 Jan 1970 00:00:00 UTC");
  const std::string id = http::find_header(first.headers, "x-request-id").value_or("");
  CHECK(std::regex_match(id, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  CHECK(http::find_header(server.infer({"GET", "/ping"}).headers, "x-request-id") != id);
  server.models->set_ready(false);
  const http::Response ill = server.infer({"GET", "/ping"});
  CHECK(ill.status == 500);
  CHECK(json_of(ill)["status"] == "Unhealthy");
}

TEST_CASE("unknown routes and methods are told in TorchServe's words, below /v2 in that protocol's", "[serve]") {
  ModelServer server;
  server.open();
  require_failure(server.infer({"GET", "/nothing/at/all/here"}), 404, "ResourceNotFoundException",
                  "Requested resource is not found, please refer to API document.");
  const http::Response method = server.infer({"DELETE", "/ping"});
  require_failure(method, 405, "MethodNotAllowedException",
                  "Requested method is not allowed, please refer to API document.");
  CHECK(http::find_header(method.headers, "Allow") == "GET, HEAD");
  CHECK(json_of(server.infer({"GET", "/v2/nothing"})) ==
        nlohmann::ordered_json{{"error", "Requested resource is not found, please refer to API document."}});
}

TEST_CASE("a picture is predicted in every form that clients send", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0", 1, true);
  server.add("animal", "2.0", 1, true);
  const std::string dog = "\xFF";
  const std::string base64 = http::base64_encode(dog);
  const std::string expected = "{\n  \"animal\": \"dog\",\n  \"score\": 1.0\n}\n";
  const std::vector<ModelServer::Question> questions = {
      {"POST", "/predictions/animal", {}, {}, dog},
      {"PUT", "/predictions/animal", {}, {{"Content-Type", "text/plain"}}, dog},
      {"POST", "/predictions/animal/2.0", {}, {}, dog},
      {"POST", "/predictions/animal", {}, {{"Content-Type", "application/json"}}, "\"" + base64 + "\""},
      {"POST", "/predictions/animal", {}, {}, " {\"data\": \"" + base64 + "\"}"},
      {"POST", "/predictions/animal", {}, {}, "", {{"other", "", "", "x"}, {"data", "", "", dog}}},
      {"POST", "/predictions/animal", {}, {}, "", {{"other", "", "", "x"}, {"pic", "a.png", "image/png", dog}}},
      {"POST", "/invocations", {{"model_name", "animal"}}, {}, dog},
      {"POST", "/invocations", {}, {}, dog},
      {"POST", "/models/animal/invoke", {}, {}, dog},
      {"POST", "/animal/predict", {}, {}, dog},
      {"POST", "/animal/1.0/predict", {}, {}, dog},
  };
  for (const ModelServer::Question& question : questions) {
    INFO(question.method << " " << question.path << " " << question.body);
    const http::Response response = server.infer(question);
    CHECK(response.status == 200);
    CHECK(response.body == expected);
  }
  const http::Response many = server.infer(
      {"POST", "/predictions/animal", {}, {}, R"({"instances":[{"b64":")" + base64 + R"("},{"b64":"AA=="}]})"});
  REQUIRE(many.status == 200);
  CHECK(json_of(many)["predictions"][0]["animal"] == "dog");
  CHECK(json_of(many)["predictions"][1] == nlohmann::ordered_json{{"animal", "cat"}, {"score", 0.0}});
}

TEST_CASE("an archive of image_classifier answers its five most probable names", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  const http::Response two = server.infer({"POST", "/predictions/animal", {}, {}, std::string("\x33")});
  CHECK(two.body == "{\n  \"tabby\": 0.800000011920929,\n  \"beagle\": 0.20000000298023224\n}\n");

  ModelServer seven;
  seven.model_options.classes = {"A", "B", "C", "D", "E", "F", "G"};
  seven.open();
  seven.add("animal", "1.0");
  const nlohmann::ordered_json json = json_of(seven.infer({"POST", "/predictions/animal", {}, {}, "\xFF"}));
  std::vector<std::string> names;
  for (const auto& [name, score] : json.items()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"tabby", "beagle", "C", "D", "E"});
}

TEST_CASE("requests without a usable picture, model or time say what is wrong", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  const auto post = [&](const std::string& body, const http::Headers& headers = {}) {
    return server.infer({"POST", "/predictions/animal", {}, headers, body});
  };
  require_failure(server.infer({"POST", "/predictions/x", {}, {}, "3"}), 404, "ModelNotFoundException",
                  "Model not found: x");
  require_failure(server.infer({"POST", "/predictions/animal/9", {}, {}, "3"}), 404, "ModelVersionNotFoundException",
                  "Model version: 9 does not exist for model: animal");
  require_failure(post(""), 400, "BadRequestException", "The body is empty");
  require_failure(post("bad picture"), 400, "BadRequestException", "cannot be decoded");
  require_failure(post("huge picture"), 400, "BadRequestException", "too large");
  require_failure(post("\"%%%\""), 400, "BadRequestException", "not base64");
  require_failure(post("{\"data\":"), 400, "BadRequestException", "The body");
  require_failure(post("{\"x\":1}"), 400, "BadRequestException", "base64");
  require_failure(post("{\"instances\":[]}"), 400, "BadRequestException", "1 to 1024");
  require_failure(server.infer({"POST", "/predictions/animal", {}, {}, "", {{"x", "", "", "y"}}}), 400,
                  "BadRequestException", "no part \"data\"");
  require_failure(post("3", {{"X-Request-Timeout-Ms", "soon"}}), 400, "BadRequestException", "X-Request-Timeout-Ms");
  const http::Response failed = post("\x0D-");
  require_failure(failed, 500, "InternalServerException", "log");
  CHECK_FALSE(contains(failed.body, "fake network"));
  require_failure(server.infer({"POST", "/explanations/animal", {}, {}, "3"}), 501, "NotImplementedException",
                  "Explanations are not implemented");
  server.add("second", "1.0");
  require_failure(server.infer({"POST", "/invocations", {}, {}, "3"}), 400, "BadRequestException",
                  "Parameter model_name is required.");
}

TEST_CASE("without a worker, or with a full queue, the answer comes before the body is read", "[serve]") {
  ModelServer server;
  server.settings.version_defaults.job_queue_size = 1;
  server.open();
  server.add("animal", "1.0", 0);
  const http::Response none = server.infer({"POST", "/predictions/animal"});
  require_failure(none, 503, "ServiceUnavailableException", kNoWorker);
  CHECK(http::find_header(none.headers, "Retry-After") == "1");
  server.models->scale("animal", "", 1, 1);
  server.control->hold_runs();
  const auto ask = [&] { return server.infer({"POST", "/predictions/animal", {}, {}, "3"}).status; };
  const std::size_t before = server.control->batches().size();
  auto running = std::async(std::launch::async, ask);
  REQUIRE(server.control->wait_for_runs(before + 1));
  auto waiting = std::async(std::launch::async, ask);
  while (!server.models->find("animal")->would_refuse()) std::this_thread::yield();
  const http::Response full = server.infer({"POST", "/predictions/animal"});
  require_failure(full, 503, "ServiceUnavailableException", "as many requests waiting as its queue holds");
  CHECK(http::find_header(full.headers, "Retry-After") == "1");
  server.control->let_all_go();
  CHECK(running.get() == 200);
  CHECK(waiting.get() == 200);
}

TEST_CASE("a request whose time has passed is answered 408", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  server.control->hold_runs();
  const std::size_t before = server.control->batches().size();
  auto running = std::async(std::launch::async, [&] {
    return server.infer({"POST", "/predictions/animal", {}, {}, "3"}).status;
  });
  REQUIRE(server.control->wait_for_runs(before + 1));
  require_failure(server.infer({"POST", "/predictions/animal", {}, {{"X-Request-Timeout-Ms", "20"}}, "3"}), 408,
                  "RequestTimeoutException", "did not answer in the time");
  server.control->let_all_go();
  CHECK(running.get() == 200);
}

TEST_CASE("while models are being loaded only probes are answered", "[serve]") {
  ModelServer server;
  server.open();
  server.starting = true;
  server.models->set_ready(false);
  require_failure(server.infer({"POST", "/predictions/animal", {}, {}, "3"}), 503, "ServiceUnavailableException",
                  "starting");
  CHECK(server.infer({"GET", "/ping"}).status == 500);
  CHECK(server.infer({"GET", "/api-description"}).status == 200);
}

TEST_CASE("the APIs describe themselves as OpenAPI", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  for (const auto& response :
       {server.infer({"OPTIONS", "/"}), server.infer({"GET", "/api-description"}), server.manage({"OPTIONS", "/"}),
        server.infer({"OPTIONS", "/predictions/animal"}), server.manage({"OPTIONS", "/models/animal"})}) {
    REQUIRE(response.status == 200);
    CHECK(json_of(response)["openapi"] == "3.0.1");
  }
  CHECK(server.infer({"OPTIONS", "/predictions/x"}).status == 404);
}

TEST_CASE("models are registered by query or JSON, at once or later", "[serve]") {
  ModelServer server;
  server.open();
  for (const char* version : {"1.0", "2.0", "3.0", "4.0"}) {
    store_archive(server.settings.model_store, "animal", version);
  }
  const auto post = [&](std::vector<std::pair<std::string, std::string>> query) {
    return server.manage({"POST", "/models", std::move(query)});
  };
  CHECK(status_of(post({{"url", "animal-1.0"}})) ==
        "Model \"animal\" Version: 1.0 registered with 0 initial workers. Use scale workers API to add workers for the "
        "model.");
  CHECK(status_of(post({{"url", "animal-2.0"}, {"initial_workers", "2"}, {"batch_size", "4"}})) ==
        "Model \"animal\" Version: 2.0 registered with 2 initial workers");
  CHECK(server.models->find("animal", "2.0")->settings().batch_size == 4);
  const http::Response json =
      server.manage({"POST",
                     "/models",
                     {},
                     {{"Content-Type", "application/json; charset=utf-8"}},
                     R"({"url":"animal-3.0","model_name":"other","initial_workers":1,"response_timeout":7})"});
  CHECK(status_of(json) == "Model \"other\" Version: 3.0 registered with 1 initial workers");
  CHECK(server.models->find("other")->settings().response_timeout == std::chrono::seconds(7));
  std::promise<void> changed;
  server.models->on_change([&] { changed.set_value(); });
  const http::Response later = post({{"url", "animal-4.0"}, {"initial_workers", "1"}, {"synchronous", "false"}});
  CHECK(later.status == 202);
  CHECK(status_of(later) == "Processing worker updates...");
  REQUIRE(changed.get_future().wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  server.models->on_change({});
  CHECK(server.models->find("animal", "4.0")->workers().size() == 1);

  require_failure(post({}), 400, "BadRequestException", "Parameter url is required.");
  require_failure(post({{"url", "no.mar"}}), 404, "ModelNotFoundException", "Model not found in model store: no.mar");
  require_failure(post({{"url", "animal-1.0"}}), 409, "ConflictStatusException",
                  "Model version 1.0 is already registered for model animal");
  require_failure(post({{"url", "http://a/b.mar"}}), 400, "DownloadArchiveException",
                  "does not match any allowed URL(s)");
  require_failure(post({{"url", "animal-1.0"}, {"batch_size", "x"}}), 400, "BadRequestException", "batch_size");
  const auto of_json = [&](const std::string& body) {
    return server.manage({"POST", "/models", {}, {{"Content-Type", "application/json"}}, body});
  };
  require_failure(of_json("{"), 400, "BadRequestException", "The body");
  require_failure(of_json("[]"), 400, "BadRequestException", "no JSON object");
  require_failure(of_json("{\"url\":[]}"), 400, "BadRequestException", "Parameter url");
  store_archive(server.settings.model_store, "python", "1.0", "own.py");
  require_failure(post({{"url", "python-1.0"}}), 400, "ModelException", "own.py");
}

TEST_CASE("models are scaled, made the default and unregistered", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0");
  server.add("animal", "2.0");
  const auto put = [&](const std::string& path, std::vector<std::pair<std::string, std::string>> query) {
    return server.manage({"PUT", path, std::move(query)});
  };
  CHECK(status_of(put("/models/animal/2.0", {{"min_worker", "3"}, {"synchronous", "true"}})) ==
        "Workers scaled to 3 for model: animal, version: 2.0");
  CHECK(server.models->find("animal", "2.0")->workers().size() == 3);
  CHECK(status_of(put("/models/animal", {{"synchronous", "TRUE"}})) == "Workers scaled to 1 for model: animal");
  const http::Response later = put("/models/animal", {{"min_worker", "2"}});
  CHECK(later.status == 202);
  CHECK(status_of(later) == "Processing worker updates...");
  require_failure(put("/models/animal", {{"min_worker", "2"}, {"max_worker", "1"}}), 400, "BadRequestException",
                  "max_worker cannot be less than min_worker.");
  require_failure(put("/models/x", {}), 404, "ModelNotFoundException", "Model not found: x");
  require_failure(put("/models/animal/9/set-default", {}), 404, "ModelVersionNotFoundException", "Model version: 9");
  const auto remove = [&](const std::string& path) { return server.manage({"DELETE", path}); };
  require_failure(remove("/models/animal"), 403, "InvalidModelVersionException",
                  "Cannot remove default version for model animal");
  CHECK(status_of(put("/models/animal/2.0/set-default", {})) ==
        "Default version successfully updated for model \"animal\" to \"2.0\"");
  CHECK(status_of(remove("/models/animal/1.0")) == "Model \"animal\" unregistered");
  require_failure(remove("/models/animal/1.0"), 404, "ModelVersionNotFoundException", "1.0");
  CHECK(status_of(remove("/models/animal")) == "Model \"animal\" unregistered");
  require_failure(remove("/models/animal"), 404, "ModelNotFoundException", "animal");
}

TEST_CASE("registering and unregistering need enable_model_api", "[serve]") {
  ModelServer server;
  server.settings.enable_model_api = false;
  server.open();
  server.add("animal", "1.0");
  require_failure(server.manage({"POST", "/models", {{"url", "x"}}}), 405, "MethodNotAllowedException", "method");
  require_failure(server.manage({"DELETE", "/models/animal"}), 405, "MethodNotAllowedException", "method");
  CHECK(server.manage({"GET", "/models/animal"}).status == 200);
}

TEST_CASE("models are listed a page at a time", "[serve]") {
  ModelServer server;
  server.open();
  CHECK(server.manage({"GET", "/models"}).body == "{\n  \"models\": []\n}\n");
  for (const char* name : {"c", "a", "b"}) server.add(name, "1.0", 0);
  const auto page = [&](const std::string& limit, const std::string& first) {
    return json_of(server.manage({"GET", "/models", {{"limit", limit}, {"next_page_token", first}}}));
  };
  const nlohmann::ordered_json first = page("2", "0");
  CHECK(first["nextPageToken"] == "2");
  CHECK(first["models"].size() == 2);
  CHECK(first["models"][0] == nlohmann::ordered_json{{"modelName", "a"}, {"modelUrl", "a-1.0"}});
  CHECK_FALSE(page("2", "2").contains("nextPageToken"));
  CHECK(page("3", "0")["nextPageToken"] == "3");
  CHECK(page("1000", "-1")["models"].size() == 3);
  CHECK(page("10", "99")["models"].empty());
}

TEST_CASE("a description has TorchServe's keys in TorchServe's order", "[serve]") {
  ModelServer server;
  server.open();
  server.add("animal", "1.0", 1, true);
  server.add("animal", "2.0");
  const nlohmann::ordered_json all = json_of(server.manage({"GET", "/models/animal/all"}));
  REQUIRE(all.size() == 2);
  const nlohmann::ordered_json one = json_of(server.manage({"GET", "/models/animal"}))[0];
  std::string keys;
  for (const auto& [key, value] : one.items()) keys += key + " ";
  CHECK(keys ==
        "modelName modelVersion modelUrl runtime minWorkers maxWorkers batchSize maxBatchDelay responseTimeout "
        "startupTimeout maxRetryTimeoutInSec clientTimeoutInMills parallelType parallelLevel deviceType "
        "continuousBatching useJobTicket useVenv stateful sequenceMaxIdleMSec sequenceTimeoutMSec maxNumSequence "
        "maxSequenceJobQueueSize loadedAtStartup workers jobQueueStatus customizedMetadata ");
  CHECK(one["workers"][0]["id"] == "9000");
  CHECK(one["workers"][0]["status"] == "READY");
  CHECK(one["workers"][0]["gpuUsage"] == "N/A");
  CHECK(std::regex_match(one["workers"][0]["startTime"].get<std::string>(),
                         std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  CHECK(one["jobQueueStatus"]["remainingCapacity"] == 100);
  CHECK(one["customizedMetadata"]["lineage"]["seed"] == 3);
  require_failure(server.manage({"GET", "/models/x/all"}), 404, "ModelNotFoundException", "Model not found: x");
}

TEST_CASE("with tokens each listener wants its own key, probes and descriptions none", "[serve]") {
  ModelServer server;
  server.open(true);
  server.add("animal", "1.0");
  const auto header = [&](const char* name) -> http::Headers {
    const auto keys = nlohmann::json::parse(read_text_file(server.folder / "key_file.json"));
    return {{"Authorization", "Bearer " + keys[name]["key"].get<std::string>()}};
  };
  const char* const text = "Token Authorization failed. Token either incorrect, expired, or not provided correctly";
  require_failure(server.infer({"POST", "/predictions/animal", {}, {}, "3"}), 400, "InvalidKeyException", text);
  require_failure(server.infer({"POST", "/predictions/animal", {}, header("management"), "3"}), 400,
                  "InvalidKeyException", text);
  CHECK(server.infer({"POST", "/predictions/animal", {}, header("inference"), "3"}).status == 200);
  CHECK(json_of(server.infer({"POST", "/v2/models/animal/infer"}))["error"] == text);
  require_failure(server.manage({"GET", "/models", {}, header("inference")}), 400, "InvalidKeyException", text);
  CHECK(server.manage({"GET", "/models", {}, header("management")}).status == 200);
  for (const char* path : {"/ping", "/api-description"}) CHECK(server.infer({"GET", path}).status == 200);
  const http::Headers before = header("management");
  require_failure(server.manage({"GET", "/token", {{"type", "management"}}, before}), 400, "InvalidKeyException", text);
  CHECK(server.manage({"GET", "/token", {{"type", "management"}}, header("API")}).status == 200);
  require_failure(server.manage({"GET", "/token", {{"type", "api"}}, header("API")}), 400, "BadRequestException",
                  "Parameter type");
  CHECK(server.manage({"GET", "/models", {}, before}).status == 400);
  CHECK(server.manage({"GET", "/models", {}, header("management")}).status == 200);
}

TEST_CASE("pages of allowed origins may call, and an answer beyond max_response_size is none", "[serve]") {
  ModelServer server;
  server.settings.cors.origins = {"http://page"};
  server.settings.max_response_size = 200;
  server.open();
  server.add("animal", "1.0");
  const http::Headers origin = {{"Origin", "http://page"}};
  CHECK(http::find_header(server.infer({"GET", "/ping", {}, origin}).headers, "Access-Control-Allow-Origin") ==
        "http://page");
  const http::Response preflight = server.infer(
      {"OPTIONS", "/predictions/animal", {}, {{"Origin", "http://page"}, {"Access-Control-Request-Method", "POST"}}});
  CHECK(preflight.status == 204);
  require_failure(server.manage({"GET", "/models/animal"}), 500, "InternalServerException", "max_response_size");
}

}  // namespace animalctl::test
