// Who may ask: tokens, hosts, origins, rates.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "label/server/access.h"
#include "label/server/rate_limit.h"
#include "label/server/request_guard.h"
#include "label/server/site_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace label;
using nlohmann::json;

class TokenFile {
 public:
  void write(const std::string& text, unsigned mode = 0600) const {
    write_file_atomic(path, text);
    ::chmod(path.c_str(), mode);
  }
  std::vector<Person> read() const { return read_token_file(path); }
  unsigned mode() const {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777U;
  }

  TemporaryFolder folder;
  std::filesystem::path path = folder / "tokens.json";
};

json person(const std::string& name, const std::string& role, const json& token = nullptr) {
  return {{"name", name}, {"role", role}, {"token", token}};
}

std::string file_of(const json& people) {
  return json{{"format", 1}, {"people", people}}.dump();
}

TEST_CASE("a token file that is not there is made with one admin, readable by its owner alone", "[label]") {
  TokenFile file;
  const std::vector<Person> people = file.read();
  REQUIRE(people.size() == 1);
  CHECK(people[0].name == "admin");
  CHECK(people[0].role == Role::Admin);
  CHECK(people[0].token.size() == 43);
  CHECK(file.mode() == 0600);
  CHECK(file.read()[0].token == people[0].token);
}

TEST_CASE("a person without a token is given one", "[label]") {
  TokenFile file;
  file.write(file_of(json::array({person("anna", "admin", token_of("anna")), person("bert", "labeller")})));
  const std::vector<Person> people = file.read();
  CHECK(people[0].token == token_of("anna"));
  CHECK(people[1].token.size() == 43);
  CHECK(file.mode() == 0600);
  CHECK(file.read()[1].token == people[1].token);
}

TEST_CASE("a token file that is wrong is refused with the reason", "[label]") {
  TokenFile file;
  const std::string good = token_of("good");
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"{", "JSON"},
      {"[]", "people"},
      {R"({"format":1,"people":7})", "people"},
      {R"({"people":[]})", "format"},
      {R"({"format":"1","people":[]})", "format"},
      {file_of(json::array({7})), "no object"},
      {file_of(json::array({{{"role", "admin"}}})), "\"name\""},
      {file_of(json::array({person("", "admin", good)})), "1 to 64"},
      {file_of(json::array({person("a\nb", "admin", good)})), "1 to 64"},
      {file_of(json::array({person("anna", "boss", good)})), "\"boss\" is no role"},
      {file_of(json::array({person("anna", "admin", 7)})), "\"token\""},
      {file_of(json::array({person("anna", "admin", "short")})), "shorter than 43"},
      {file_of(json::array({person("anna", "admin", good), person("anna", "labeller", token_of("b"))})),
       "stands twice"},
      {file_of(json::array({person("anna", "admin", good), person("bert", "labeller", good)})), "one token"},
      {file_of(json::array({person("anna", "reviewer", good)})), "nobody is admin"},
  };
  for (const auto& [text, why] : cases) {
    INFO(text);
    file.write(text);
    require_error(ErrorCode::DataLoss, why, [&] { file.read(); });
  }
  file.write(R"({"format":2,"people":[]})");
  require_error(ErrorCode::Unimplemented, "newer", [&] { file.read(); });
  file.write(file_of(json::array({person("anna", "admin", good)})), 0640);
  require_error(ErrorCode::FailedPrecondition, "chmod 600", [&] { file.read(); });
}

http::Request request_with(http::Headers headers) {
  http::Request request;
  request.method = "GET";
  request.headers = std::move(headers);
  return request;
}

TEST_CASE("a caller is known by header or cookie, and reloading ends old tokens", "[label]") {
  TokenFile file;
  file.write(
      file_of(json::array({person("anna", "admin", token_of("anna")), person("bert", "labeller", token_of("bert"))})));
  Access access(file.path);
  CHECK(access.needs_token());
  CHECK(access.admin()->name == "anna");
  const auto by_header = access.caller_of(request_with({{"Authorization", "Bearer " + token_of("bert")}}));
  REQUIRE(by_header);
  CHECK(by_header->name == "bert");
  CHECK(by_header->named);
  CHECK(by_header->may(Role::Labeller));
  CHECK_FALSE(by_header->may(Role::Reviewer));
  // A name that is sent along does not count.
  const auto by_cookie =
      access.caller_of(request_with({{"Cookie", "a=b; animalctl_label=" + token_of("anna")}, {"X-Annotator", "eve"}}));
  REQUIRE(by_cookie);
  CHECK(by_cookie->name == "anna");
  for (const http::Headers& headers : std::vector<http::Headers>{{},
                                                                 {{"Authorization", "Bearer x"}},
                                                                 {{"Cookie", "animalctl_label="}},
                                                                 {{"Cookie", "x=" + token_of("anna")}}}) {
    CHECK_FALSE(access.caller_of(request_with(headers)));
  }
  file.write("{");
  require_error(ErrorCode::DataLoss, "", [&] { access.reload(); });
  CHECK(access.person_of(token_of("bert")));
  file.write(file_of(json::array({person("anna", "admin", token_of("anna2"))})));
  access.reload();
  CHECK_FALSE(access.person_of(token_of("bert")));
  CHECK(access.person_of(token_of("anna2")));
}

TEST_CASE("without tokens everybody is admin and says who they are", "[label]") {
  const Access access;
  CHECK_FALSE(access.needs_token());
  CHECK_FALSE(access.admin());
  CHECK(access.caller_of(request_with({}))->name.empty());
  const auto anna = access.caller_of(request_with({{"X-Annotator", "\xC3\x84nna"}}));
  CHECK(anna->name == "\xC3\x84nna");
  CHECK(anna->may(Role::Admin));
  CHECK_FALSE(anna->named);
  std::string long_name;
  for (int i = 0; i < 64; ++i) long_name += "\xC3\x84";
  CHECK(access.caller_of(request_with({{"X-Annotator", long_name}}))->name == long_name);
  for (const std::string& bad : {long_name + "a", std::string("a\x01"), std::string("\xFF"), std::string("  ")}) {
    require_error(ErrorCode::InvalidArgument, "X-Annotator", [&] {
      access.caller_of(request_with({{"X-Annotator", bad}}));
    });
  }
}

TEST_CASE("a name in Host must be ours: no other name leads here, as in DNS rebinding", "[label]") {
  GuardSettings settings;
  for (const char* host : {"localhost", "LOCALHOST:3000", "127.0.0.1:1", "[::1]:3000"}) {
    INFO(host);
    CHECK(is_allowed_host(settings, host));
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "localhost:x", "192.168.0.7:3000", "127.0.0.2",
                           "localhost:3000:1", " "}) {
    INFO(host);
    CHECK_FALSE(is_allowed_host(settings, host));
  }
  settings.numeric_hosts = true;
  settings.hosts = {"Label.example.org", "other.example:8443"};
  for (const char* host : {"192.168.0.7:3000", "[fe80::1]", "label.EXAMPLE.org:1", "other.example:8443"}) {
    INFO(host);
    CHECK(is_allowed_host(settings, host));
  }
  CHECK_FALSE(is_allowed_host(settings, "other.example:1"));
  CHECK_FALSE(is_allowed_host(settings, "192.168.0.7.evil.example"));
}

int guarded(const http::Headers& headers, const std::string& method = "POST", GuardSettings settings = {}) {
  http::Request head = request_with(headers);
  head.method = method;
  const auto refused = check_origin(settings, head);
  return refused ? refused->status : 200;
}

TEST_CASE("pages of other sites are refused, programs and our own page are not", "[label]") {
  const std::pair<std::string, std::string> host{"Host", "localhost:3000"};
  CHECK(guarded({host}) == 200);
  CHECK(guarded({{"Host", "evil.example"}}) == 421);
  CHECK(guarded({}) == 421);
  CHECK(guarded({host, {"Origin", "http://localhost:3000"}, {"Sec-Fetch-Site", "same-origin"}}) == 200);
  for (const char* origin : {"http://evil.example", "null", "http://localhost:3001", "http://localhost", "file://",
                             "http://localhost:3000.evil.example", ""}) {
    INFO(origin);
    CHECK(guarded({host, {"Origin", origin}}) == 403);
    CHECK(guarded({host, {"Origin", origin}}, "GET") == 403);
  }
  for (const char* site : {"cross-site", "same-site"}) {
    INFO(site);
    CHECK(guarded({host, {"Sec-Fetch-Site", site}}) == 403);
    CHECK(guarded({host, {"Sec-Fetch-Site", site}}, "GET") == 403);
    // A person follows a link to the page.
    CHECK(guarded({host, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}},
                  "GET") == 200);
    CHECK(guarded({host, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "iframe"}},
                  "GET") == 403);
    CHECK(guarded({host, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}}, "POST") == 403);
  }
  CHECK(guarded({host, {"Sec-Fetch-Site", "none"}}, "GET") == 200);
}

TEST_CASE("an origin that is allowed may call, and its page may show images", "[label]") {
  GuardSettings settings;
  settings.origins = {"http://localhost:3000"};
  settings.same_site_reads = true;
  const std::pair<std::string, std::string> host{"Host", "localhost:3001"};
  CHECK(guarded({host, {"Origin", "http://localhost:3000"}}, "POST", settings) == 200);
  CHECK(guarded({host, {"Sec-Fetch-Site", "same-site"}}, "GET", settings) == 200);
  CHECK(guarded({host, {"Sec-Fetch-Site", "same-site"}}, "POST", settings) == 403);
  CHECK(guarded({host, {"Sec-Fetch-Site", "cross-site"}}, "GET", settings) == 403);
  CHECK(guarded({host, {"Origin", "http://localhost:4000"}}, "GET", settings) == 403);
}

TEST_CASE("only what no form can send is taken", "[label]") {
  const auto status = [](const std::string& path, const std::string& type) {
    http::Request head = request_with({{"Content-Type", type}});
    head.method = "POST";
    head.path = path;
    const auto refused = check_content_type(head);
    return refused ? refused->status : 200;
  };
  CHECK(status("/api/labels", "application/json") == 200);
  CHECK(status("/label", "Application/JSON; charset=utf-8") == 200);
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                           "application/jsonp", "image/png"}) {
    INFO(type);
    CHECK(status("/api/labels", type) == 415);
    CHECK(status("/label", type) == 415);
  }
  CHECK(status("/api/import", "image/png") == 200);
  CHECK(status("/api/import", "application/zip") == 200);
  CHECK(status("/api/import", "application/json") == 415);
}

TEST_CASE("an address has its burst and then its rate; the loopback has neither", "[label]") {
  RateLimit::Clock::time_point now{};
  RateLimit rate(2, 3, [&now] { return now; });
  for (int i = 0; i < 3; ++i) CHECK(rate.take("10.0.0.1"));
  CHECK_FALSE(rate.take("10.0.0.1"));
  CHECK(rate.take("10.0.0.2"));
  now += std::chrono::milliseconds(500);
  CHECK(rate.take("10.0.0.1"));
  CHECK_FALSE(rate.take("10.0.0.1"));
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) CHECK(rate.take("10.0.0.1"));
  CHECK_FALSE(rate.take("10.0.0.1"));
  for (int i = 0; i < 100; ++i) {
    REQUIRE(rate.take("127.0.0.1"));
    REQUIRE(rate.take("::1"));
  }
  CHECK(rate.addresses() == 2);
  RateLimit none(0, 0);
  for (int i = 0; i < 100; ++i) REQUIRE(none.take("10.0.0.1"));
}

TEST_CASE("an attack from many addresses costs little memory", "[label]") {
  RateLimit::Clock::time_point now{};
  RateLimit rate(1, 1, [&now] { return now; });
  for (std::size_t i = 0; i < 3 * RateLimit::kMaxAddresses; ++i) CHECK(rate.take("a" + std::to_string(i)));
  CHECK(rate.addresses() <= RateLimit::kMaxAddresses);
}

}  // namespace
}  // namespace animalctl::test
