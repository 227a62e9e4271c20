#include "animalctl/http/proxy.h"

#include <map>

#include "support/catch_compat.h"

namespace animalctl::test {
using http::Proxy;
namespace {

using Variables = std::map<std::string, std::string>;

std::optional<Proxy> proxy_for(const std::string& url, const Variables& variables) {
  return http::select_proxy(http::parse_url(url), [&](const std::string& name) -> std::optional<std::string> {
    const auto entry = variables.find(name);
    return entry == variables.end() ? std::nullopt : std::optional(entry->second);
  });
}

bool goes_direct(const std::string& url, const std::string& no_proxy) {
  return !proxy_for(url, {{"all_proxy", "http://p:1"}, {"no_proxy", no_proxy}});
}

}  // namespace

TEST_CASE("without variables there is no proxy") {
  CHECK_FALSE(proxy_for("http://h/", {}));
  CHECK_FALSE(proxy_for("https://h/", {{"http_proxy", "http://p:1"}}));
  CHECK_FALSE(proxy_for("http://h/", {{"https_proxy", "http://p:1"}}));
  CHECK_FALSE(proxy_for("http://h/", {{"http_proxy", ""}}));
}

TEST_CASE("the proxy is that of the target's scheme, lower case first, then the one for all") {
  CHECK(proxy_for("https://h/", {{"https_proxy", "http://p:1"}, {"HTTPS_PROXY", "http://q:2"}}) ==
        Proxy{"p", 1, "", ""});
  CHECK(proxy_for("https://h/", {{"HTTPS_PROXY", "http://q:2"}, {"all_proxy", "http://r:3"}}) == Proxy{"q", 2, "", ""});
  CHECK(proxy_for("http://h/", {{"HTTP_PROXY", "http://q:2"}}) == Proxy{"q", 2, "", ""});
  CHECK(proxy_for("http://h/", {{"ALL_PROXY", "http://r:3"}}) == Proxy{"r", 3, "", ""});
}

TEST_CASE("a CGI program does not let its client choose the proxy") {
  CHECK_FALSE(proxy_for("http://h/", {{"HTTP_PROXY", "http://q:2"}, {"REQUEST_METHOD", "GET"}}));
}

TEST_CASE("a proxy may stand without scheme or port and with user and password") {
  CHECK(proxy_for("http://h/", {{"http_proxy", "p:8080"}}) == Proxy{"p", 8080, "", ""});
  CHECK(proxy_for("http://h/", {{"http_proxy", "http://p"}}) == Proxy{"p", 1080, "", ""});
  CHECK(proxy_for("http://h/", {{"http_proxy", "http://ann:p%40ss%3A@p:8080/"}}) == Proxy{"p", 8080, "ann", "p@ss:"});
  CHECK(proxy_for("http://h/", {{"http_proxy", "http://[::1]:8080"}}) == Proxy{"::1", 8080, "", ""});
}

TEST_CASE("a wrong proxy is refused by its variable's name, without the password") {
  require_error(ErrorCode::InvalidArgument, "HTTPS_PROXY", [] {
    proxy_for("https://h/", {{"HTTPS_PROXY", "http://ann:secret@p:x"}});
  });
  require_error(ErrorCode::Unimplemented, "socks5", [] { proxy_for("https://h/", {{"all_proxy", "socks5://p:1"}}); });
  try {
    proxy_for("https://h/", {{"HTTPS_PROXY", "http://ann:secret@p:x"}});
  } catch (const Error& error) {
    CHECK_FALSE(contains(error.what(), "secret"));
  }
}

TEST_CASE("no_proxy names hosts, domains, ports, addresses and ranges") {
  CHECK(goes_direct("http://h/", "*"));
  CHECK(goes_direct("http://example.org/", "other, Example.ORG"));
  CHECK(goes_direct("http://a.example.org/", "example.org"));
  CHECK(goes_direct("http://a.example.org/", ".example.org"));
  CHECK(goes_direct("http://a.example.org/", "*.example.org"));
  CHECK(goes_direct("http://example.org/", ".example.org"));
  CHECK_FALSE(goes_direct("http://myexample.org/", "example.org"));
  CHECK(goes_direct("http://h:8080/", "h:8080"));
  CHECK_FALSE(goes_direct("http://h/", "h:8080"));
  CHECK(goes_direct("http://10.1.2.3/", "10.0.0.0/8"));
  CHECK_FALSE(goes_direct("http://11.1.2.3/", "10.0.0.0/8"));
  CHECK_FALSE(goes_direct("http://10.1.2.3/", "10.0.0.0/33"));
  CHECK_FALSE(goes_direct("http://10.1.2.3/", "10.0.0.0/x"));
  CHECK(goes_direct("http://[fd00::1]/", "fd00::/8"));
  CHECK(goes_direct("http://[::1]/", "::1"));
  CHECK(goes_direct("http://127.0.0.1/", "127.0.0.1"));
  CHECK_FALSE(goes_direct("http://h/", ""));
  CHECK_FALSE(goes_direct("http://h/", " , .,"));
}

TEST_CASE("NO_PROXY in upper case counts as well") {
  CHECK_FALSE(proxy_for("http://h/", {{"http_proxy", "http://p:1"}, {"NO_PROXY", "h"}}));
}

}  // namespace animalctl::test
