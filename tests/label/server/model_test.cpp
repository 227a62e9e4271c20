// Suggestions of a model: asked ahead, never in the way.
#include <atomic>

#include "http/raw_server.h"
#include "http/test_server.h"
#include "label/server/site_fixture.h"

namespace animalctl::test {
namespace {

using label::PredictionClient;
using nlohmann::ordered_json;

// A prediction API that says what it is told to.
class Model {
 public:
  std::string url() { return server_->url(); }
  std::atomic<int> status{200};
  std::atomic<int> version{2};
  std::atomic<int> asked{0};
  std::atomic<bool> hold{false};
  Gate released;

 private:
  http::Response answer(const http::Request& request) {
    http::Response response;
    response.content_type = "application/json";
    if (request.path == "/health") {
      response.body = "{}";
      return response;
    }
    ++asked;
    if (hold) released.wait();
    response.status = status;
    response.body = ordered_json({{"animal", "dog"}, {"score", 0.75}, {"version", version.load()}}).dump();
    return response;
  }
  TestServer server_{[this](const http::Request& request) { return answer(request); }};
};

class Suggesting : public Site {
 public:
  explicit Suggesting(const std::string& url) {
    for (int i = 0; i < 20; ++i) files.add_frame("f" + std::to_string(i) + ".png", picture(std::to_string(i)));
    model.url = url;
    model.first_pause = std::chrono::milliseconds(10);
    model.longest_pause = std::chrono::milliseconds(20);
    model.health_every = std::chrono::milliseconds(20);
    open();
  }
  bool is_on() {
    return eventually([this] { return predictions()->state() == PredictionClient::State::On; });
  }
  ordered_json ask_for(const std::vector<std::string>& names) {
    return json_in(post("/api/predictions", {{"names", names}}))["items"];
  }
};

TEST_CASE("a model's answer is read, and what is none is passed over", "[label]") {
  CHECK(label::parse_prediction(R"({"animal":"Dog","score":0.5,"version":3,"more":1})") ==
        label::Prediction{"DOG", 0.5, 3});
  CHECK(label::parse_prediction(R"({"animal":"cat","score":0})") == label::Prediction{"CAT", 0, 0});
  for (const char* body :
       {"", "[]", "{}", R"({"animal":"dog"})", R"({"animal":7,"score":0.5})", R"({"animal":"","score":0.5})",
        R"({"animal":"dog","score":1.5})", R"({"animal":"dog","score":"0.5"})", "\xFF"}) {
    INFO(body);
    CHECK_FALSE(label::parse_prediction(body));
  }
}

TEST_CASE("who asks for predictions gets them, each image asked for once", "[label]") {
  Model model;
  Suggesting site(model.url());
  REQUIRE(site.is_on());
  CHECK(json_in(site.get("/api/session"))["predictions"] == "on");
  for (int i = 0; i < 3; ++i) {
    const ordered_json items = site.ask_for({"f1.png", "f2.png", "none.png"});
    REQUIRE(items.size() == 2);
    CHECK(items[0]["prediction"].dump() == R"({"label":"DOG","score":0.75,"version":2})");
  }
  CHECK(model.asked == 2);
}

TEST_CASE("a page of unlabelled images has its first ones asked ahead", "[label]") {
  Model model;
  Suggesting site(model.url());
  REQUIRE(site.is_on());
  site.get("/api/items");
  CHECK(eventually([&] { return model.asked == 20; }));
  CHECK(eventually([&] { return site.files.item("f7.png").prediction.has_value(); }));
}

TEST_CASE("a newer version of the model is asked again", "[label]") {
  Model model;
  Suggesting site(model.url());
  REQUIRE(site.is_on());
  site.ask_for({"f1.png"});
  model.version = 3;
  site.ask_for({"f2.png"});
  CHECK(site.ask_for({"f1.png"})[0]["prediction"]["version"] == 3);
  CHECK(model.asked == 3);
}

TEST_CASE("an image that the model refuses is not sent again, one that it had no time for is", "[label]") {
  Model model;
  Suggesting site(model.url());
  REQUIRE(site.is_on());
  model.status = 422;
  for (int i = 0; i < 3; ++i) CHECK(site.ask_for({"f1.png"})[0]["prediction"].is_null());
  CHECK(model.asked == 1);
  model.status = 503;
  for (int i = 0; i < 3; ++i) CHECK(site.ask_for({"f2.png"})[0]["prediction"].is_null());
  CHECK(model.asked == 4);
  model.status = 200;
  CHECK(site.ask_for({"f2.png"})[0]["prediction"]["label"] == "DOG");
}

TEST_CASE("a late prediction never changes what a person chose", "[label]") {
  Model model;
  Suggesting site(model.url());
  REQUIRE(site.is_on());
  model.hold = true;
  const std::vector<std::string> name = {"f1.png"};
  site.predictions()->want(name);
  REQUIRE(eventually([&] { return model.asked == 1; }));
  CHECK(site.change({{"key", "12345678"},
                     {"name", "f1.png"},
                     {"revision", 0},
                     {"action", "label"},
                     {"label", "CAT"}})["status"] == 200);
  model.released.open();
  REQUIRE(eventually([&] { return site.files.item("f1.png").prediction.has_value(); }));
  const label::Item item = site.files.item("f1.png");
  CHECK(item.label == "CAT");
  CHECK(item.source == "manual");
  CHECK(item.revision == 1);
  CHECK(site.files.annotation("f1.json") == R"({"label": "CAT", "source": "manual", "score": null, "version": null})");
}

TEST_CASE("a model that is away delays nothing and is found again", "[label]") {
  const RefusingPort nobody;
  Suggesting site("http://127.0.0.1:" + std::to_string(nobody.port()));
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) CHECK(site.ask_for({"f1.png"})[0]["prediction"].is_null());
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  CHECK(json_in(site.get("/api/session"))["predictions"] == "unreachable");
}

TEST_CASE("who waits for a slow model is let go when the server stops", "[label]") {
  Model model;
  Suggesting site(model.url());
  REQUIRE(site.is_on());
  model.hold = true;
  const std::vector<std::string> name = {"f1.png"};
  site.predictions()->want(name);
  REQUIRE(eventually([&] { return model.asked == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  site.predictions()->wait(name, std::chrono::milliseconds(1));
  site.predictions()->stop();
  site.predictions()->wait(name, std::chrono::seconds(60));
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(8));
  model.released.open();
}

TEST_CASE("a model's address must be one", "[label]") {
  Site site;
  site.model.url = "nonsense";
  require_error(ErrorCode::InvalidArgument, "nonsense", [&] { site.open(); });
}

}  // namespace
}  // namespace animalctl::test
