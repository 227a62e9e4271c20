#include "animalctl/http/router.h"

#include "http/target.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using http::Request;
using http::Response;
using http::Router;

// A handler that tells which route it is.
http::Handler named(const std::string& name) {
  return [name](const Request&) {
    Response response;
    response.body = name;
    return response;
  };
}

Router table() {
  Router router;
  for (const auto& [method, pattern] : std::vector<std::pair<std::string, std::string>>{
           {"GET", "/"},
           {"GET", "/ping"},
           {"GET", "/models"},
           {"POST", "/models"},
           {"GET", "/models/{model}"},
           {"PUT", "/models/{model}"},
           {"GET", "/models/{model}/all"},
           {"GET", "/models/{model}/{version}"},
           {"PUT", "/models/{model}/{version}/set-default"},
           {"GET", "/v1/models/{model}"},
           {"POST", "/v1/models/{model}:predict"},
           {"POST", "/v2/models/{model}/infer"},
           {"POST", "/{model}/predict"},
           {"POST", "/predictions/{model}"},
           {"OPTIONS", "/"},
           {"HEAD", "/own-head"},
           {"GET", "/own-head"},
       }) {
    router.add(method, pattern, named(method + " " + pattern));
  }
  return router;
}

std::string found(const Router& router, const std::string& method, const std::string& path) {
  const Router::Match match = router.find(method, path);
  return match.handler == nullptr ? "" : (*match.handler)(Request{}).body;
}

TEST_CASE("each path finds its route, literal segments before named ones", "[http]") {
  const Router router = table();
  CHECK(found(router, "GET", "/") == "GET /");
  CHECK(found(router, "GET", "/ping") == "GET /ping");
  CHECK(found(router, "GET", "/models/animal") == "GET /models/{model}");
  CHECK(found(router, "GET", "/models/animal/all") == "GET /models/{model}/all");
  CHECK(found(router, "GET", "/models/animal/1.0") == "GET /models/{model}/{version}");
  CHECK(found(router, "PUT", "/models/animal/1.0/set-default") == "PUT /models/{model}/{version}/set-default");
  CHECK(found(router, "POST", "/v1/models/animal:predict") == "POST /v1/models/{model}:predict");
  CHECK(found(router, "GET", "/v1/models/animal") == "GET /v1/models/{model}");
  CHECK(found(router, "POST", "/predictions/predict") == "POST /predictions/{model}");
  CHECK(found(router, "POST", "/animal/predict") == "POST /{model}/predict");
}

TEST_CASE("the parts of the path that a route names reach the handler", "[http]") {
  const Router router = table();
  const Router::Match match = router.find("GET", "/models/animal/2.0");
  CHECK(match.parameters.at("model") == "animal");
  CHECK(match.parameters.at("version") == "2.0");
  CHECK(router.find("POST", "/v1/models/a:b:predict").parameters.at("model") == "a:b");
  CHECK(router.find("GET", "/ping").parameters.empty());
}

TEST_CASE("HEAD is answered by the GET route unless it has one of its own", "[http]") {
  const Router router = table();
  CHECK(found(router, "HEAD", "/ping") == "GET /ping");
  CHECK(found(router, "HEAD", "/own-head") == "HEAD /own-head");
  CHECK(found(router, "HEAD", "/models/animal") == "GET /models/{model}");
  CHECK(found(router, "HEAD", "/predictions/animal").empty());
}

TEST_CASE("a known path with another method tells the methods that it has", "[http]") {
  const Router router = table();
  CHECK(router.find("PATCH", "/models/animal").allowed == std::vector<std::string>{"GET", "HEAD", "PUT"});
  CHECK(router.find("GET", "/predictions/animal").allowed == std::vector<std::string>{"POST"});
  CHECK(router.find("DELETE", "/models").allowed == std::vector<std::string>{"GET", "HEAD", "POST"});
  CHECK(router.find("DELETE", "/models").handler == nullptr);
}

TEST_CASE("an unknown path has no methods", "[http]") {
  const Router router = table();
  for (const std::string path : {"/nothing", "/models/", "/models//", "/ping/", "//ping", "", "*", "ping",
                                 "/v1/models/:predict", "/models/a/b/c", "/models/a/1/set-default/x"}) {
    INFO(path);
    if (path == "/v1/models/:predict") {
      CHECK(found(router, "POST", path).empty());
    } else {
      CHECK(router.find("GET", path).handler == nullptr);
      CHECK((path == "/models//" || router.find("GET", path).allowed.empty()));
    }
  }
}

TEST_CASE("an encoded slash or percent sign stays inside its segment", "[http]") {
  const Router router = table();
  const auto model_of = [&router](const std::string& target) {
    const std::optional<http::Target> parsed = http::parse_target(target);
    REQUIRE(parsed);
    const Router::Match match = router.find("GET", parsed->path);
    return match.handler == nullptr ? "(none)" : match.parameters.at("model");
  };
  CHECK(model_of("/models/a%2Fb") == "a/b");
  CHECK(model_of("/models/a%2fb%20c") == "a/b c");
  CHECK(model_of("/models/a%252Fb") == "a%2Fb");
  CHECK(model_of("/models/100%25") == "100%");
  CHECK(model_of("/models/%C3%A4") == "\xC3\xA4");
  CHECK(model_of("/models/..%2F..%2Fetc") == "../../etc");
}

TEST_CASE("routes of another form, twice or without handler are refused", "[http]") {
  Router router = table();
  const auto refused = [&router](const std::string& pattern) {
    INFO(pattern);
    require_error(ErrorCode::InvalidArgument, pattern, [&] { router.add("GET", pattern, named("x")); });
  };
  for (const std::string pattern : {"", "models", "/{", "/a{b}", "/{}", "/{a}b", "/{a}/{a}", "/x}", "/{a}:{b}"}) {
    refused(pattern);
  }
  require_error(ErrorCode::InvalidArgument, "no handler", [&] { router.add("GET", "/new", nullptr); });
  require_error(ErrorCode::InvalidArgument, "no method", [&] { router.add("", "/new", named("x")); });
  require_error(ErrorCode::AlreadyExists, "/models/{other}", [&] { router.add("GET", "/models/{other}", named("x")); });
}

TEST_CASE("a target is split into decoded path and query", "[http]") {
  const auto target = http::parse_target("/a%20b/c?x=1&y=a+b%2B&x=%C3%A4&flag&=v&&z==");
  REQUIRE(target);
  CHECK(target->path == "/a b/c");
  const std::vector<std::pair<std::string, std::string>> query = {{"x", "1"},   {"y", "a b+"}, {"x", "\xC3\xA4"},
                                                                  {"flag", ""}, {"", "v"},     {"z", "="}};
  CHECK(target->query == query);
  CHECK(http::parse_target("http://host:80/path?q=1")->path == "/path");
  CHECK(http::parse_target("HTTPS://host")->path == "/");
  CHECK(http::parse_target("*")->path == "*");
  CHECK(http::parse_target("/a+b")->path == "/a+b");
  // Names of files may hold line ends; what is logged of a path may not.
  CHECK(http::parse_target("/a%0A%1f%7F%2f%25b")->path == "/a%0A%1F%7F%2F%25b");
  CHECK(http::decode_kept("a%0A%1F%7F%2F%25b%41%zz%") == "a\n\x1F\x7F/%b%41%zz%");
  for (const std::string bad : {"", "a", "ftp://host/x", "/%", "/%4", "/%zz", "/%00", "/?x=%0a", "/%ff", "/%C3",
                                "/%ED%A0%80", "/%C0%AF", "/a#b", "/?x=%zz", "/?%ff=1", "/\x7f", "/\n", "**"}) {
    INFO(bad);
    CHECK_FALSE(http::parse_target(bad));
  }
}

}  // namespace
}  // namespace animalctl::test
