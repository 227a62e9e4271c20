// What stands before the routes: roles, sizes, login, CORS, fields of every answer.
#include "label/server/label_openapi.h"
#include "label/server/site_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using label::Person;
using label::Role;
using nlohmann::ordered_json;

std::string header(const http::Response& response, std::string_view name) {
  return http::find_header(response.headers, name).value_or("");
}

http::Headers bearer(std::string_view name) {
  return {{"Authorization", "Bearer " + token_of(name)}};
}

class Guarded : public Site {
 public:
  Guarded() {
    people = {{"anna", Role::Admin, token_of("anna")},
              {"rita", Role::Reviewer, token_of("rita")},
              {"lars", Role::Labeller, token_of("lars")}};
    files.add_frame("a.png", picture("a"));
    files.add_frame("b.png", picture("b"));
    open();
  }
  int status(const std::string& method, const std::string& path, std::string_view who,
             const std::string& type = "") const {
    Question question;
    question.method = method;
    question.path = path;
    question.headers = who.empty() ? http::Headers{} : bearer(who);
    question.type = type;
    question.body = "{}";
    return ask(question).status;
  }
};

TEST_CASE("without a token only the page, its description and the health are answered", "[label]") {
  const Guarded site;
  for (const char* path :
       {"/api/session", "/api/items", "/api/items/a.png", "/api/progress", "/api/history", "/filelist", "/files/a.png",
        "/thumbnails/a.png", "/api/export", "/api/changes", "/api/nothing"}) {
    INFO(path);
    CHECK(site.status("GET", path, "") == 401);
    CHECK(site.status("GET", path, "eve") == 401);
  }
  for (const char* path : {"/label", "/api/labels", "/api/undo", "/api/import", "/api/predictions"}) {
    INFO(path);
    CHECK(site.status("POST", path, "", "application/json") == 401);
  }
  CHECK(site.status("GET", "/health", "") == 200);
  CHECK(site.status("GET", "/openapi.json", "") == 200);
  CHECK(header(site.get("/api/session"), "WWW-Authenticate") == "Bearer");
}

TEST_CASE("each role may what the table says and no more", "[label]") {
  const Guarded site;
  CHECK(site.status("GET", "/api/items", "lars") == 200);
  CHECK(site.status("POST", "/api/import", "lars", "image/png") == 403);
  CHECK(site.status("POST", "/api/import", "rita", "image/png") == 403);
  CHECK(site.status("POST", "/api/import", "anna", "image/png") == 400);  // asked, but without a name
  Site::Question question;
  question.path = "/api/export";
  question.query = {{"format", "csv"}};
  question.headers = bearer("rita");
  CHECK(site.ask(question).status == 403);
  question.headers = bearer("anna");
  CHECK(site.ask(question).status == 200);
}

TEST_CASE("a labeller changes what is open and what is their own", "[label]") {
  const Guarded site;
  const auto change = [&](const char* name, int revision, const char* action, const char* who) {
    static int number = 0;
    return site.change({{"key", "key-" + std::to_string(10000 + number++)},
                        {"name", name},
                        {"revision", revision},
                        {"action", action},
                        {"label", "CAT"}},
                       bearer(who))["status"];
  };
  CHECK(change("a.png", 0, "label", "rita") == 200);
  CHECK(change("a.png", 1, "label", "lars") == 403);
  CHECK(change("a.png", 1, "reject", "lars") == 403);
  CHECK(change("a.png", 0, "label", "lars") == 409);
  CHECK(change("b.png", 0, "label", "lars") == 200);
  CHECK(change("b.png", 1, "skip", "lars") == 200);
  CHECK(change("b.png", 2, "clear", "lars") == 403);
  CHECK(change("b.png", 2, "reject", "lars") == 200);
  CHECK(change("b.png", 3, "restore", "lars") == 403);
  CHECK(change("b.png", 3, "restore", "rita") == 200);
  CHECK(change("a.png", 1, "clear", "rita") == 200);
}

TEST_CASE("a labeller sees the history and figures of their own", "[label]") {
  const Guarded site;
  site.change({{"key", "key-rita-1"}, {"name", "a.png"}, {"revision", 0}, {"action", "label"}, {"label", "CAT"}},
              bearer("rita"));
  site.change({{"key", "key-lars-1"}, {"name", "b.png"}, {"revision", 0}, {"action", "label"}, {"label", "CAT"}},
              bearer("lars"));
  Site::Question question;
  question.path = "/api/history";
  question.headers = bearer("lars");
  CHECK(json_in(site.ask(question))["events"].size() == 1);
  question.query = {{"annotator", "rita"}};
  CHECK(site.ask(question).status == 403);
  question.headers = bearer("rita");
  question.query = {};
  CHECK(json_in(site.ask(question))["events"].size() == 2);
  question.path = "/api/progress";
  CHECK(json_in(site.ask(question))["by_annotator"].size() == 2);
  question.headers = bearer("lars");
  CHECK(json_in(site.ask(question))["by_annotator"].size() == 1);
  question.path = "/api/items/a.png";
  CHECK(json_in(site.ask(question))["history"].empty());
}

TEST_CASE("the link's token becomes a cookie that other sites cannot use", "[label]") {
  Guarded site;
  const http::Response answer = site.get("/login", {{"token", token_of("lars")}});
  CHECK(answer.status == 303);
  CHECK(header(answer, "Location") == "/");
  CHECK(header(answer, "Cache-Control") == "no-store");
  const std::string cookie = header(answer, "Set-Cookie");
  CHECK(cookie == "animalctl_label=" + token_of("lars") + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000");
  Site::Question question;
  question.path = "/api/session";
  question.headers = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
  const ordered_json session = json_in(site.ask(question));
  CHECK(session["annotator"] == "lars");
  CHECK(session["role"] == "labeller");
  CHECK(session["named"] == true);
  for (const char* wrong : {"", "x"}) CHECK(site.get("/login", {{"token", wrong}}).status == 401);
  CHECK(site.post("/login", ordered_json::object()).status == 405);
}

TEST_CASE("bodies are measured before they are read", "[label]") {
  Site site;
  site.settings.max_json_bytes = 10;
  site.settings.max_import_bytes = 20;
  site.open();
  CHECK(site.post("/api/undo", std::string(11, ' ')).status == 413);
  CHECK(site.post("/api/undo", std::string(10, ' ')).status == 400);
  Site::Question question;
  question.method = "POST";
  question.path = "/api/import";
  question.type = "image/png";
  question.body = std::string(21, 'x');
  CHECK(site.ask(question).status == 413);
  question.body = "x";
  question.headers = {{"Transfer-Encoding", "chunked"}};
  CHECK(site.ask(question).status == 411);
  question.headers = {{"Content-Encoding", "gzip"}};
  CHECK(site.ask(question).status == 415);
  question.headers = {};
  question.query = {{"name", "a.png"}};
  CHECK(site.ask(question).status == 200);
}

TEST_CASE("an address that asks too often is told to wait", "[label]") {
  Site site;
  site.rate = 2;
  site.open();
  Site::Question question;
  question.path = "/health";
  question.address = "10.1.1.1";
  CHECK(site.ask(question).status == 200);
  CHECK(site.ask(question).status == 200);
  const http::Response late = site.ask(question);
  CHECK(late.status == 429);
  CHECK(header(late, "Retry-After") == "1");
}

TEST_CASE("only the seed's calls are open to the pages that may call", "[label]") {
  Site site;
  site.open();
  Site::Question question;
  question.host = "localhost:3001";
  question.headers = {{"Origin", "http://localhost:3000"}, {"Sec-Fetch-Site", "same-site"}};
  question.path = "/filelist";
  const http::Response allowed = site.ask(question);
  CHECK(allowed.status == 200);
  CHECK(header(allowed, "Access-Control-Allow-Origin") == "http://localhost:3000");
  CHECK(header(allowed, "Access-Control-Allow-Credentials").empty());
  question.path = "/api/items";
  CHECK(site.ask(question).status == 403);
  question.method = "OPTIONS";
  question.path = "/label";
  question.headers = {{"Origin", "http://localhost:3000"},
                      {"Access-Control-Request-Method", "POST"},
                      {"Access-Control-Request-Headers", "content-type"}};
  const http::Response preflight = site.ask(question);
  CHECK(preflight.status == 204);
  CHECK(header(preflight, "Access-Control-Allow-Methods") == "POST");
  question.headers[0].second = "http://evil.example";
  CHECK(site.ask(question).status == 403);
  question.path = "/api/labels";
  question.headers[0].second = "http://localhost:3000";
  CHECK(site.ask(question).status == 403);
}

TEST_CASE("every answer keeps browsers from guessing and framing", "[label]") {
  Site site;
  site.files.add_frame("a.png", picture());
  site.open();
  for (const char* path :
       {"/health", "/filelist", "/nothing", "/api/items", "/files/a.png", "/files/none", "/openapi.json"}) {
    INFO(path);
    const http::Response answer = site.get(path);
    CHECK(header(answer, "X-Content-Type-Options") == "nosniff");
    CHECK(header(answer, "Referrer-Policy") == "no-referrer");
    CHECK(contains(header(answer, "Content-Security-Policy"), "default-src 'none'"));
    CHECK_FALSE(header(answer, "Cache-Control").empty());
  }
  CHECK(site.get("/nothing").status == 404);
  CHECK(site.post("/filelist", ordered_json::object()).status == 405);
}

TEST_CASE("the description names every address and no other", "[label]") {
  Site site;
  site.open();
  const ordered_json description = json_in(site.get("/openapi.json"));
  CHECK(description["openapi"] == "3.0.3");
  std::size_t count = 0;
  for (const auto& [path, methods] : description["paths"].items()) {
    for (const auto& [method, what] : methods.items()) {
      INFO(method << ' ' << path);
      ++count;
      Site::Question question;
      question.method = method == "get" ? "GET" : "POST";
      question.path = path;
      if (path == "/api/import") question.type = "image/png";
      const int status = site.ask(question).status;
      CHECK(status != 405);
      const bool is_named = contains(path, "{");
      CHECK((is_named || status != 404));
      // What it answers to nonsense is described too.
      CHECK((status == 404 || what["responses"].contains(std::to_string(status)) || status == 400));
    }
  }
  CHECK(count == 27);
  // Every reference leads somewhere.
  const std::string text = label::label_openapi();
  for (std::size_t at = text.find("\"#/"); at != std::string::npos; at = text.find("\"#/", at + 1)) {
    const std::string pointer = text.substr(at + 2, text.find('"', at + 1) - at - 2);
    INFO(pointer);
    CHECK(description.contains(ordered_json::json_pointer(pointer)));
  }
}

}  // namespace
}  // namespace animalctl::test
