#include <nlohmann/json.hpp>

#include "label/server/site_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

http::Headers sent_by(std::string_view name) {
  return {{"Authorization", "Bearer " + token_of(name)}};
}

TEST_CASE("The console's calls are a part of the page's port") {
  Site site;
  site.open();
  CHECK(json_in(site.get("/api/v1/runs"))["runs"].empty());
  CHECK(json_in(site.get("/api/v1/models"))["models"].empty());
  CHECK(site.get("/api/v1/runs/run-000001").status == 404);
  CHECK(site.get("/api/v1/runs/run-000001/log/train").status == 404);
  CHECK(site.get("/api/v1/models/animal/1").status == 404);
  CHECK(site.get("/api/v1/canary").status == 200);
  CHECK(site.get("/api/v1/drift").status == 200);
  CHECK(site.post("/api/v1/models/animal/promote", {{"version", 1}, {"reason", "x"}}).status == 404);
  CHECK(site.post("/api/v1/models/animal/rollback", {{"reason", ""}}).status == 400);
  CHECK(site.post("/api/v1/requests", {{"request", "run-now"}, {"reason", "x"}}).status == 200);
  CHECK(site.get("/api/v1/requests").status == 405);
  const http::Response moved = site.get("/console");
  CHECK(moved.status == 308);
  CHECK(http::find_header(moved.headers, "Location") == "/console/");
  const int page = site.get("/console/").status;
  CHECK((page == 200 || page == 404));  // 404: built without pages
  CHECK(site.get("/console/assets/none.js").status == 404);
}

TEST_CASE("Every labeller may look at the console, admins alone decide") {
  Site site;
  site.people = {{"anna", label::Role::Admin, token_of("anna")},
                 {"rita", label::Role::Reviewer, token_of("rita")},
                 {"lars", label::Role::Labeller, token_of("lars")}};
  site.open();
  CHECK(site.get("/api/v1/runs").status == 401);
  for (const char* path : {"/api/v1/models/animal/promote", "/api/v1/models/animal/rollback", "/api/v1/requests"}) {
    CHECK(site.post(path, {{"reason", "x"}}).status == 401);
    for (const char* name : {"rita", "lars"}) CHECK(site.post(path, {{"reason", "x"}}, sent_by(name)).status == 403);
    CHECK(site.post(path, {{"reason", "x"}}, sent_by("anna")).status != 403);
  }
  Site::Question question;
  question.path = "/api/v1/canary";
  question.headers = sent_by("lars");
  CHECK(site.ask(question).status == 200);

  CHECK(site.post("/api/v1/requests", {{"request", "run-now"}, {"reason", "a new camera"}}, sent_by("anna")).status ==
        200);
  question.path = "/api/v1/runs";
  const nlohmann::ordered_json runs = json_in(site.ask(question));
  CHECK(runs["run_requested"] == "a new camera");
  CHECK(runs["decisions"][0]["detail"]["by"] == "anna");
}

TEST_CASE("The console's calls are described") {
  Site site;
  site.open();
  const nlohmann::ordered_json description = json_in(site.get("/openapi.json"));
  for (const char* path : {"/api/v1/runs", "/api/v1/runs/{run}/log/{step}", "/api/v1/models/{model}/promote",
                           "/api/v1/drift", "/api/v1/canary", "/api/v1/requests", "/api/labels"}) {
    CHECK(description["paths"].contains(path));
  }
}

}  // namespace
}  // namespace animalctl::test
