#include "serve/prediction_api.h"

#include <set>

#include "animalctl/http/base64.h"
#include "animalctl/http/router.h"
#include "prediction_fixture.h"
#include "serve/prediction_openapi.h"
#include "support/catch_compat.h"

namespace animalctl::serve {
namespace {

using animalctl::test::contains;
using test::Fixture;
using test::json_of;
using test::message_of;
using test::picture;

const std::vector<std::string> kNone;
constexpr const char* kHalf = R"({"traffic":0.5,"current_version":2,"previous_version":1})";
constexpr const char* kAllNew = R"({"traffic":1,"current_version":2,"previous_version":1})";

TEST_CASE("the seed's request gets the seed's answer", "[prediction]") {
  Fixture fixture;
  const std::string body = R"({"base_64_str":")" + http::base64_encode(picture(204)) + "\"}";
  const http::Response dog = fixture.call("POST", "/predict", body, {{"Content-Type", "application/json"}});
  CHECK(dog.status == 200);
  CHECK(dog.content_type == "application/json");
  CHECK(json_of(dog) == nlohmann::json{{"animal", "DOG"}, {"score", 0.8F}, {"version", 1}});
  CHECK(dog.body.starts_with(R"({"animal":"DOG","score":0.8)"));
  CHECK(json_of(fixture.predict(picture(51))).at("animal") == "CAT");
  // score ≥ threshold is the second class.
  CHECK(json_of(fixture.predict(picture(128))).at("animal") == "DOG");
}

TEST_CASE("an upload is answered like any other picture", "[prediction]") {
  Fixture fixture;
  http::Request request;
  request.method = "POST";
  request.path = "/upload";
  request.headers = {{"Content-Type", "multipart/form-data; boundary=x"}};
  request.parts = {{"file", "a.png", "image/png", picture(255)}};
  request.received = Clock::now();
  const http::Response response = fixture.api().answer(request);
  CHECK(response.status == 200);
  CHECK(json_of(response).at("animal") == "DOG");
}

TEST_CASE("more than two classes: the most probable one, its probability, and the five best", "[prediction]") {
  Fixture fixture(kNone);
  fixture.add("3", {"tabby", "beagle", "boxer"});
  fixture.options.config_without_file = [] { return CanaryConfig{1, 3, 3, false}; };
  const nlohmann::json answer = json_of(fixture.predict(picture(204)));
  CHECK(answer.at("animal") == "TABBY");
  CHECK(answer.at("score").get<double>() == Approx(0.8));
  CHECK(answer.at("version") == 3);
  CHECK(answer.at("scores").size() == 3);
  CHECK(answer.at("scores").at("BEAGLE").get<double>() == Approx(0.1));
}

TEST_CASE("the greeting, health and the description", "[prediction]") {
  Fixture fixture;
  CHECK(json_of(fixture.call("GET", "/")) == nlohmann::json{{"message", "Welcome to the Animal Classifier API!"}});
  CHECK(fixture.call("GET", "/health").body == "{}");
  CHECK(json_of(fixture.call("GET", "/openapi.json")).at("openapi") == "3.0.3");
}

TEST_CASE("every route is in the OpenAPI description and every path of it is a route", "[prediction]") {
  Fixture fixture;
  http::Router router;
  add_prediction_routes(router, fixture.api());
  const auto paths = nlohmann::json::parse(prediction_openapi()).at("paths");
  CHECK(paths.size() == 8);
  for (const auto& [path, methods] : paths.items()) {
    for (const auto& [method, operation] : methods.items()) {
      INFO(method << " " << path);
      CHECK(router.find(method == "get" ? "GET" : method == "put" ? "PUT" : "POST", path).handler != nullptr);
    }
  }
}

TEST_CASE("the config is shown, replaced and read again", "[prediction]") {
  Fixture fixture({"1", "2.0"}, kHalf);
  CHECK(json_of(fixture.call("GET", "/api/get-config")) == nlohmann::json::parse(kHalf));
  const http::Response replaced =
      fixture.call("PUT", "/api/update-config", R"({"traffic":0.25,"current_version":2,"previous_version":1})");
  CHECK(replaced.status == 200);
  CHECK(json_of(replaced).at("traffic") == 0.25);
  CHECK(contains(read_text_file(fixture.folder / "config.json"), "0.25"));

  write_file_atomic(fixture.folder / "config.json", kAllNew);
  CHECK(json_of(fixture.call("PUT", "/api/update-config", " \n")).at("traffic") == 1);
  write_file_atomic(fixture.folder / "config.json", kHalf);
  fixture.api().reload();
  CHECK(json_of(fixture.call("GET", "/api/get-config")).at("traffic") == 0.5);
}

TEST_CASE("a config that is wrong is refused and the one in use stays", "[prediction]") {
  Fixture fixture({"1", "2"}, kHalf);
  const auto refused = [&](int status, const char* part, const std::string& body) {
    INFO(body);
    const http::Response response = fixture.call("PUT", "/api/update-config", body);
    CHECK(response.status == status);
    CHECK(contains(message_of(response), part));
    CHECK(contains(message_of(response), "the config in use stays"));
    CHECK(json_of(fixture.call("GET", "/api/get-config")) == nlohmann::json::parse(kHalf));
  };
  refused(400, "not JSON", "{");
  refused(422, "traffic is 2", R"({"traffic":2,"current_version":2,"previous_version":1})");
  refused(409, "version 3 of the model animal is not loaded; loaded are 1, 2",
          R"({"traffic":1,"current_version":3,"previous_version":1})");
  refused(413, "64 KiB", std::string(70'000, '1'));
  CHECK(read_text_file(fixture.folder / "config.json") == kHalf);
  write_file_atomic(fixture.folder / "config.json", "{}");
  refused(422, "config.json", "");
  write_file_atomic(fixture.folder / "config.json", "garbage");
  refused(422, "config.json is not JSON", "");
}

TEST_CASE("a config that cannot be written is our fault and changes nothing", "[prediction]") {
  Fixture fixture({"1", "2"});
  fixture.options.config_file = "/proc/config.json";
  const http::Response response = fixture.call("PUT", "/api/update-config", kHalf);
  CHECK(response.status == 500);
  CHECK(json_of(fixture.call("GET", "/api/get-config")).at("current_version") == 1);
}

TEST_CASE("a guard decides who may change the config", "[prediction]") {
  Fixture fixture({"1", "2"});
  fixture.options.guard_config = [](const http::Request&) {
    http::Response response;
    response.status = 401;
    return std::optional(response);
  };
  CHECK(fixture.call("PUT", "/api/update-config", kHalf).status == 401);
  CHECK(json_of(fixture.call("GET", "/api/get-config")).at("current_version") == 1);
}

TEST_CASE("half of the pictures go to each version, the same picture always to the same", "[prediction]") {
  Fixture fixture({"1", "2.0"}, kHalf);
  int current = 0;
  for (int value = 20; value < 220; ++value) {
    const int first = json_of(fixture.predict(picture(value))).at("version").get<int>();
    CHECK(json_of(fixture.predict(picture(value))).at("version") == first);
    current += first == 2 ? 1 : 0;
  }
  CHECK(current > 75);
  CHECK(current < 125);
  for (const PredictionRecord& record : fixture.sink->wait_for(400)) {
    CHECK(record.role == (record.version == 2 ? Role::Current : Role::Previous));
  }
}

TEST_CASE("a client's key decides instead of the picture", "[prediction]") {
  Fixture fixture({"1", "2"}, kHalf);
  std::set<int> versions;
  for (int client = 0; client < 20; ++client) {
    const http::Headers headers = {{"X-Canary-Key", "camera " + std::to_string(client)}};
    const int first = json_of(fixture.predict(picture(50), headers)).at("version").get<int>();
    CHECK(json_of(fixture.predict(picture(60), headers)).at("version") == first);
    versions.insert(first);
  }
  CHECK(versions.size() == 2);
}

TEST_CASE("a version can be forced, and only one that is loaded", "[prediction]") {
  Fixture fixture({"1", "2.0"}, kAllNew);
  CHECK(json_of(fixture.predict(picture(50), {{"X-Model-Version", "1"}})).at("version") == 1);
  CHECK(json_of(fixture.predict(picture(50), {{"X-Model-Version", " 2.0 "}})).at("version") == 2);
  const auto records = fixture.sink->wait_for(2);
  CHECK(records.at(0).role == Role::Forced);
  const http::Response unknown = fixture.predict(picture(50), {{"X-Model-Version", "7"}});
  CHECK(unknown.status == 404);
  CHECK(message_of(unknown) == "version 7 of the model animal is not loaded; loaded are 1, 2");
  const http::Response nonsense = fixture.predict(picture(50), {{"X-Model-Version", "new"}});
  CHECK(nonsense.status == 400);
  CHECK(contains(message_of(nonsense), "X-Model-Version is \"new\""));
}

TEST_CASE("what is recorded is what was answered", "[prediction]") {
  Fixture fixture({"1", "2"}, kAllNew, true);
  const http::Response response = fixture.predict(picture(204));
  const PredictionRecord record = fixture.sink->wait_for(1).at(0);
  CHECK(record.request_id == http::find_header(response.headers, "x-request-id"));
  CHECK(record.request_id.size() == 36);
  CHECK(record.image == sha256(picture(204)));
  CHECK(record.image_bytes == picture(204).size());
  CHECK(*record.bytes == picture(204));
  CHECK(record.picture.width == 2);
  CHECK(record.model == "animal");
  CHECK(record.version == 2);
  CHECK(record.role == Role::Current);
  CHECK(record.label == "DOG");
  CHECK(record.scores == std::vector<float>{0.8F});
  CHECK(record.total >= record.inference);
  CHECK(std::chrono::system_clock::now() - record.time < std::chrono::minutes(1));
}

TEST_CASE("a version that is not loaded: not ready, and 503 with Retry-After", "[prediction]") {
  Fixture fixture(kNone);
  CHECK_FALSE(fixture.api().ready());
  const http::Response health = fixture.call("GET", "/health");
  CHECK(health.status == 503);
  CHECK(message_of(health) == "version 1 of the model animal is not loaded; no version of it is");
  const http::Response refused = fixture.predict(picture(50));
  CHECK(refused.status == 503);
  CHECK(http::find_header(refused.headers, "Retry-After") == "1");
  // Registered later: ready by itself.
  fixture.add("1.0");
  CHECK(fixture.api().ready());
  CHECK(fixture.predict(picture(50)).status == 200);
}

TEST_CASE("when a version of the config goes, the other one answers and says that it did", "[prediction]") {
  Fixture fixture({"1", "2"}, kAllNew);
  CHECK(json_of(fixture.predict(picture(50))).at("version") == 2);
  fixture.remove("2");
  CHECK(json_of(fixture.predict(picture(50))).at("version") == 1);
  CHECK(fixture.sink->wait_for(2).at(1).role == Role::Previous);
  CHECK(fixture.call("GET", "/health").status == 503);
}

TEST_CASE("a picture that cannot be read is the client's fault", "[prediction]") {
  Fixture fixture;
  const http::Response broken = fixture.predict("bad picture");
  CHECK(broken.status == 422);
  CHECK_FALSE(message_of(broken).empty());
  CHECK(fixture.predict("huge picture").status == 422);
  const http::Response limit = fixture.predict(picture(50), {{"X-Request-Timeout-Ms", "soon"}});
  CHECK(limit.status == 400);
  CHECK(fixture.sink->wait_for(0).empty());
}

TEST_CASE("a network that fails is our fault, and its text stays in the log", "[prediction]") {
  Fixture fixture;
  const http::Response response = fixture.predict(picture(13));
  CHECK(response.status == 500);
  CHECK(message_of(response) == "the request could not be answered; the server's log says why");
}

TEST_CASE("a full queue is refused before the body is read", "[prediction]") {
  Fixture fixture(kNone);
  VersionSettings settings;
  settings.job_queue_size = 1;
  const auto control = fixture.add("1", {"cat", "dog"}, settings);
  std::vector<std::string> reasons;
  fixture.options.refused = [&](const VersionFacts&, int, std::string_view reason) { reasons.emplace_back(reason); };
  http::Request head;
  head.method = "POST";
  head.path = "/predict";
  CHECK_FALSE(fixture.api().admit(head));

  control->hold_runs();
  std::vector<std::jthread> clients;
  const auto ask = [&] { (void)fixture.predict(picture(50)); };
  clients.emplace_back(ask);
  REQUIRE(control->wait_for_runs(1));
  // One runs. A second waits in the queue: there is no room, as soon as it has come in.
  clients.emplace_back(ask);
  const auto patience = Clock::now() + std::chrono::seconds(5);
  std::optional<http::Response> refusal;
  while (!refusal && Clock::now() < patience) refusal = fixture.api().admit(head);
  REQUIRE(refusal);
  CHECK(refusal->status == 503);
  CHECK(http::find_header(refusal->headers, "Retry-After") == "1");
  CHECK(reasons.at(0) == "queue_full");
  head.path = "/health";
  head.method = "GET";
  CHECK_FALSE(fixture.api().admit(head));
  control->let_all_go();
}

TEST_CASE("unknown paths and methods are told apart", "[prediction]") {
  Fixture fixture;
  CHECK(fixture.call("GET", "/nothing").status == 404);
  const http::Response wrong = fixture.call("GET", "/predict");
  CHECK(wrong.status == 405);
  CHECK(http::find_header(wrong.headers, "Allow") == "POST");
  CHECK(fixture.call("GET", "/docs/../../etc/passwd").status == 404);
  CHECK(PredictionApi::refuse(413, "too large").body == R"({"message":"too large"})");
  CHECK(fixture.statuses == std::vector<int>{404, 405, 404});
}

TEST_CASE("pages of the seed's origins may call, with credentials; others may not", "[prediction]") {
  Fixture fixture;
  const http::Headers preflight = {{"Origin", "http://localhost:3000"},
                                   {"Access-Control-Request-Method", "POST"},
                                   {"Access-Control-Request-Headers", "content-type"}};
  const http::Response allowed = fixture.call("OPTIONS", "/predict", "", preflight);
  CHECK(allowed.status == 204);
  CHECK(http::find_header(allowed.headers, "Access-Control-Allow-Origin") == "http://localhost:3000");
  CHECK(http::find_header(allowed.headers, "Access-Control-Allow-Credentials") == "true");
  CHECK(http::find_header(allowed.headers, "Access-Control-Allow-Headers") == "content-type");
  // Errors, too, can be read by the page.
  const http::Response error = fixture.call("POST", "/predict", "{}", {{"Origin", "http://localhost"}});
  CHECK(error.status == 422);
  CHECK(http::find_header(error.headers, "Access-Control-Allow-Origin") == "http://localhost");
  const http::Response other = fixture.call("GET", "/health", "", {{"Origin", "http://evil.example"}});
  CHECK_FALSE(http::find_header(other.headers, "Access-Control-Allow-Origin"));
}

TEST_CASE("the other version computes in the shadow, without the answer waiting for it", "[prediction][shadow]") {
  Fixture fixture({"1"}, R"({"traffic":1,"current_version":2,"previous_version":1,"shadow":true})");
  fixture.remove("1");
  const auto previous = fixture.add("1");
  fixture.add("2");
  previous->hold_runs();
  const http::Response response = fixture.predict(picture(204));  // returns while version 1 is held
  CHECK(json_of(response).at("version") == 2);
  CHECK(fixture.sink->wait_for(1).size() == 1);
  REQUIRE(previous->wait_for_runs(1));
  previous->let_all_go();
  const auto records = fixture.sink->wait_for(2);
  REQUIRE(records.size() == 2);
  CHECK(records[0].role == Role::Current);
  CHECK(records[1].role == Role::Shadow);
  CHECK(records[1].version == 1);
  CHECK(records[1].request_id == records[0].request_id);
  CHECK(records[1].image == records[0].image);
  CHECK(records[1].label == "DOG");
}

TEST_CASE("share 0 with shadow: clients see the old version only, the new one is recorded", "[prediction][shadow]") {
  Fixture fixture({"1", "2"}, R"({"traffic":0,"current_version":2,"previous_version":1,"shadow":true})");
  CHECK(json_of(fixture.predict(picture(50))).at("version") == 1);
  const auto records = fixture.sink->wait_for(2);
  REQUIRE(records.size() == 2);
  CHECK(records[0].role == Role::Previous);
  CHECK(records[1].version == 2);
  // A forced version is an experiment of its own.
  (void)fixture.predict(picture(50), {{"X-Model-Version", "1"}});
  fixture.api().close();
  CHECK(fixture.sink->wait_for(3).size() == 3);
}

TEST_CASE("shadow work that does not fit, or fails, is counted and costs no answer", "[prediction][shadow]") {
  Fixture fixture(kNone, R"({"traffic":1,"current_version":2,"previous_version":1,"shadow":true})");
  const auto previous = fixture.add("1");
  fixture.add("2");
  fixture.options.shadow.max_queued = 1;
  previous->hold_runs();
  (void)fixture.predict(picture(50));
  REQUIRE(previous->wait_for_runs(1));
  for (int i = 0; i < 5; ++i) CHECK(fixture.predict(picture(60 + i)).status == 200);
  CHECK(fixture.api().shadow_counts().dropped == 4);
  previous->let_all_go();
  (void)fixture.sink->wait_for(8);
  CHECK(fixture.api().shadow_counts().computed == 2);
  // Version 2 answers, version 1 was unregistered in between: nothing to shadow.
  fixture.remove("1");
  CHECK(fixture.predict(picture(70)).status == 200);
  fixture.api().close();
  CHECK(fixture.api().shadow_counts().computed == 2);
}

}  // namespace
}  // namespace animalctl::serve
