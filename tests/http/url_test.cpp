#include "animalctl/http/url.h"

#include "support/catch_compat.h"

namespace animalctl::test {
using http::parse_url;
using http::resolve_location;
using http::Url;

TEST_CASE("an address is taken apart") {
  const Url url = parse_url("HTTPS://Ann:p%40ss@Example.ORG:8443/a/b.pth?x=1#part");
  CHECK(url.scheme == "https");
  CHECK(url.user == "Ann");
  CHECK(url.password == "p@ss");
  CHECK(url.host == "example.org");
  CHECK(url.port == 8443);
  CHECK(url.path == "/a/b.pth?x=1");
  CHECK(url.text() == "https://example.org:8443/a/b.pth?x=1");
}

TEST_CASE("ports and paths that are not written have the scheme's values") {
  CHECK(parse_url("http://h").port == 80);
  CHECK(parse_url("https://h").port == 443);
  CHECK(parse_url("https://h").path == "/");
  CHECK(parse_url("https://h?q").path == "/?q");
  CHECK(parse_url("https://h:443/x").authority() == "h");
  CHECK(parse_url("http://h:/x").port == 80);
}

TEST_CASE("an IPv6 host loses its brackets and gets them back in text") {
  const Url url = parse_url("http://[::1]:8080/x");
  CHECK(url.host == "::1");
  CHECK(url.authority() == "[::1]:8080");
}

TEST_CASE("what is no http address is refused with the reason") {
  require_error(ErrorCode::InvalidArgument, "does not start with http", [] { parse_url("example.org/x"); });
  require_error(ErrorCode::InvalidArgument, "only http and https", [] { parse_url("ftp://example.org/x"); });
  for (const char* text : {"http://", "http:///x", "http://h:0/", "http://h:65536/", "http://h:8x/", "http://[::1/x",
                           "http://user@/x", "http://[::1]8/x"}) {
    INFO(text);
    require_error(ErrorCode::InvalidArgument, "host or port", [&] { parse_url(text); });
  }
  for (const char* text : {"http://h/a b", "http://h/a\r\nX: y", "http://h/\xC3\xA4", "http://h/\x7F"}) {
    INFO(text);
    require_error(ErrorCode::InvalidArgument, "percent-encoded", [&] { parse_url(text); });
  }
}

TEST_CASE("a refused address is shown without its password") {
  try {
    parse_url("http://ann:secret@h:x/");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK_FALSE(contains(error.what(), "secret"));
  }
}

TEST_CASE("a Location is resolved against the address it came from") {
  const Url base = parse_url("http://h:81/a/b/c?q=1");
  const std::pair<const char*, const char*> cases[] = {
      {"https://other/x", "https://other/x"},
      {"//other/x", "http://other/x"},
      {"/x/y", "http://h:81/x/y"},
      {"x", "http://h:81/a/b/x"},
      {"../x", "http://h:81/a/x"},
      {"../../../x", "http://h:81/x"},
      {"./", "http://h:81/a/b/"},
      {"?r=2", "http://h:81/a/b/c?r=2"},
      {"", "http://h:81/a/b/c?q=1"},
      {"x?a=b/../c", "http://h:81/a/b/x?a=b/../c"},
      {"/x:y", "http://h:81/x:y"},
      {"..", "http://h:81/a/"},
  };
  for (const auto& [location, expected] : cases) {
    INFO(location);
    CHECK(resolve_location(base, location).text() == expected);
  }
}

TEST_CASE("a redirect keeps the password on the same server only") {
  const Url base = parse_url("https://ann:secret@h/a");
  CHECK(resolve_location(base, "/b").password == "secret");
  CHECK(resolve_location(base, "https://h/b").password == "secret");
  CHECK(resolve_location(base, "https://h:444/b").password.empty());
  CHECK(resolve_location(base, "http://h/b").password.empty());
  CHECK(resolve_location(base, "https://i/b").user.empty());
}

TEST_CASE("percent-encoding is undone where it is whole") {
  CHECK(http::percent_decode("a%20b%2Fc") == "a b/c");
  CHECK(http::percent_decode("100%") == "100%");
  CHECK(http::percent_decode("%4") == "%4");
  CHECK(http::percent_decode("%zz%41") == "%zzA");
}

}  // namespace animalctl::test
