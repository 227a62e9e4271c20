#include "animalctl/http/download.h"

#include "http/download_fixture.h"

namespace animalctl::test {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

const std::string kFirstTag = "ETag: \"one\"";

}  // namespace

TEST_CASE("a file is downloaded into a new folder and nothing else stays") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string&, std::size_t) {
    return RawServer::Answer{answer("200 OK", fixture.content, {kFirstTag})};
  });
  const http::DownloadReport report = fixture.run(server.url("/a/file.pth?x=1"));
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(fixture.clean());
  CHECK(report.bytes == fixture.content.size());
  CHECK(report.resumed_from == 0);
  CHECK(report.retries == 0);
  CHECK(report.digest == sha256(fixture.content));
  CHECK(fixture.progress.totals == std::vector<std::size_t>{146});
  CHECK(fixture.progress.last == 146);
  CHECK(fixture.progress.ended == 1);
  REQUIRE(server.requests().size() == 1);
  const std::string request = server.requests()[0];
  CHECK(request.starts_with("GET /a/file.pth?x=1 HTTP/1.1\r\n"));
  CHECK(header_of(request, "Host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(header_of(request, "Accept-Encoding") == "identity");
  CHECK(header_of(request, "Range").empty());
}

TEST_CASE("an old target is replaced, and an upper-case checksum counts") {
  DownloadFixture fixture;
  write_file_atomic(fixture.request.target, "old");
  fixture.request.sha256_prefix = "B94D27B9934D3E08A52E52D7DA7DABFAC484EFE37A5380EE9088F7ACE2EFCDE9";
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", "hello world")}; });
  fixture.run(server.url("/x"));
  CHECK(fixture.downloaded() == "hello world");
  CHECK(http::has_digest_prefix(fixture.request.target, "B94D27b9"));
  CHECK_FALSE(http::has_digest_prefix(fixture.request.target, "b94d27b8"));
}

TEST_CASE("a lost connection is continued where it broke, with Range and If-Range") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string& head, std::size_t number) {
    return RawServer::Answer{number == 0 ? fixture.cut(70'000, {kFirstTag}) : fixture.rest(head, {kFirstTag})};
  });
  const http::DownloadReport report = fixture.run(server.url("/x"));
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(report.retries == 1);
  CHECK(report.resumed_from == 0);
  CHECK(fixture.pauses == std::vector<std::chrono::milliseconds>{1s});
  REQUIRE(server.requests().size() == 2);
  CHECK(header_of(server.requests()[1], "Range") == "bytes=70000-");
  CHECK(header_of(server.requests()[1], "If-Range") == "\"one\"");
}

TEST_CASE("an interrupted call leaves its part, and the next goes on from there") {
  DownloadFixture fixture;
  fixture.options.retries = 0;
  const RawServer server([&](const std::string& head, std::size_t number) {
    return RawServer::Answer{number == 0 ? fixture.cut(70'000, {"Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"})
                                         : fixture.rest(head)};
  });
  require_error(ErrorCode::Unavailable, "goes on from there", [&] { fixture.run(server.url("/x")); });
  CHECK(fs::file_size(fixture.part()) == 70'000);
  CHECK_FALSE(fs::exists(fixture.request.target));
  const http::DownloadReport report = fixture.run(server.url("/x"));
  CHECK(report.resumed_from == 70'000);
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(fixture.clean());
  CHECK(header_of(server.requests()[1], "If-Range") == "Mon, 01 Jan 2024 00:00:00 GMT");
}

TEST_CASE("a file that changed in the middle is taken anew, not glued to the old part") {
  DownloadFixture fixture;
  const std::string old = std::string(150'000, 'z');
  const RawServer server([&](const std::string&, std::size_t number) {
    return RawServer::Answer{number == 0 ? answer_head("200 OK", old.size(), {kFirstTag}) + old.substr(0, 90'000)
                                         : answer("200 OK", fixture.content, {"ETag: \"two\""})};
  });
  fixture.run(server.url("/x"));
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(header_of(server.requests()[1], "If-Range") == "\"one\"");
}

TEST_CASE("a part without validator, with a weak one or from another address is not continued") {
  for (const std::string header : {"X-None: 1", "ETag: W/\"one\""}) {
    DownloadFixture fixture;
    const RawServer server([&](const std::string&, std::size_t number) {
      return RawServer::Answer{number == 0 ? fixture.cut(70'000, {header}) : answer("200 OK", fixture.content)};
    });
    fixture.run(server.url("/x"));
    CHECK(fixture.downloaded() == fixture.content);
    CHECK(header_of(server.requests()[1], "Range").empty());
  }
  DownloadFixture fixture;
  fixture.options.retries = 0;
  const RawServer server([&](const std::string&, std::size_t number) {
    return RawServer::Answer{number == 0 ? fixture.cut(70'000, {kFirstTag}) : answer("200 OK", fixture.content)};
  });
  CHECK_THROWS_AS(fixture.run(server.url("/x")), Error);
  fixture.run(server.url("/y"));
  CHECK(header_of(server.requests()[1], "Range").empty());
}

TEST_CASE("a part whose origin cannot be read starts anew") {
  DownloadFixture fixture;
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", fixture.content)}; });
  for (const char* origin : {"", "{", "[]", "{\"url\": 1}", "{\"url\": \"x\", \"validator\": null}"}) {
    write_file_atomic(fixture.part(), "old bytes");
    write_file_atomic(fixture.origin(), origin);
    fixture.run(server.url("/x"));
    CHECK(fixture.downloaded() == fixture.content);
  }
}

TEST_CASE("a continuation at the wrong byte is refused and the file taken anew") {
  for (const char* range : {"bytes 0-149999/150000", "bytes 70001-149999/150000", "nonsense"}) {
    DownloadFixture fixture;
    const RawServer server([&](const std::string&, std::size_t number) {
      if (number == 0) return RawServer::Answer{fixture.cut(70'000, {kFirstTag})};
      if (number == 1) {
        return RawServer::Answer{answer("206 Partial Content", "xx", {std::string("Content-Range: ") + range})};
      }
      return RawServer::Answer{answer("200 OK", fixture.content, {kFirstTag})};
    });
    const http::DownloadReport report = fixture.run(server.url("/x"));
    CHECK(fixture.downloaded() == fixture.content);
    CHECK(report.retries == 2);
    CHECK(header_of(server.requests()[2], "Range").empty());
  }
}

TEST_CASE("a part that was whole already is only checked and renamed") {
  DownloadFixture fixture;
  fixture.request.max_bytes = fixture.content.size();
  const RawServer server([&](const std::string&, std::size_t) {
    return RawServer::Answer{answer("416 Range Not Satisfiable", "", {"Content-Range: bytes */150000"})};
  });
  write_file_atomic(fixture.part(), fixture.content);
  write_file_atomic(fixture.origin(), "{\"url\": \"" + server.url("/x") + "\", \"validator\": \"\\\"one\\\"\"}");
  const http::DownloadReport report = fixture.run(server.url("/x"));
  CHECK(report.resumed_from == 150'000);
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(fixture.clean());
}

TEST_CASE("a server that cannot satisfy the range is asked for everything") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string&, std::size_t number) {
    if (number == 0) return RawServer::Answer{fixture.cut(70'000, {kFirstTag})};
    if (number == 1) return RawServer::Answer{answer("416 Range Not Satisfiable", "")};
    return RawServer::Answer{answer("200 OK", fixture.content)};
  });
  fixture.run(server.url("/x"));
  CHECK(fixture.downloaded() == fixture.content);
}

TEST_CASE("redirects are followed, relative ones too") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string& head, std::size_t) {
    if (head.starts_with("GET /a/1 ")) return RawServer::Answer{answer("302 Found", "", {"Location: 2"})};
    if (head.starts_with("GET /a/2 ")) return RawServer::Answer{answer("301 Moved", "x", {"Location: /b?c"})};
    if (head.starts_with("GET /b?c ")) return RawServer::Answer{answer("307 Moved", "", {"Location: ../d"})};
    if (head.starts_with("GET /d ")) return RawServer::Answer{answer("308 Moved", "", {"location:/e"})};
    if (head.starts_with("GET /e ")) return RawServer::Answer{answer("303 See Other", "", {"Location: /f"})};
    return RawServer::Answer{answer("200 OK", fixture.content)};
  });
  fixture.run(server.url("/a/1"));
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(server.requests().size() == 6);
}

TEST_CASE("a server in trouble is asked again after pauses that double") {
  DownloadFixture fixture;
  const std::vector<std::string> statuses = {"500 Oops", "502 Bad Gateway", "503 Busy", "429 Slow down"};
  const RawServer server([&](const std::string&, std::size_t number) {
    if (number == 2) return RawServer::Answer{answer(statuses[2], "", {"Retry-After: 7"})};
    if (number == 3) return RawServer::Answer{answer(statuses[3], "", {"Retry-After: 86400"})};
    if (number < statuses.size()) return RawServer::Answer{answer(statuses[number], "sorry")};
    return RawServer::Answer{answer("200 OK", fixture.content)};
  });
  const http::DownloadReport report = fixture.run(server.url("/x"));
  CHECK(report.retries == 4);
  CHECK(fixture.pauses == std::vector<std::chrono::milliseconds>{1s, 2s, 7s, 60s});
  CHECK(fixture.downloaded() == fixture.content);
}

TEST_CASE("tries that bring bytes do not use up the patience") {
  DownloadFixture fixture;
  fixture.options.retries = 1;
  constexpr std::size_t kPiece = 10'000;
  const RawServer server([&](const std::string& head, std::size_t number) {
    const std::string whole =
        number == 0 ? answer("200 OK", fixture.content, {kFirstTag}) : fixture.rest(head, {kFirstTag});
    return RawServer::Answer{whole.substr(0, whole.find("\r\n\r\n") + 4 + kPiece)};
  });
  const http::DownloadReport report = fixture.run(server.url("/x"));
  CHECK(report.retries == 14);
  CHECK(fixture.downloaded() == fixture.content);
  for (const auto pause : fixture.pauses) CHECK(pause == 1s);
}

TEST_CASE("a body without length is taken to its end") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string&, std::size_t) {
    return RawServer::Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + fixture.content};
  });
  fixture.run(server.url("/x"));
  CHECK(fixture.downloaded() == fixture.content);
  CHECK(fixture.progress.totals == std::vector<std::size_t>{0});
}

TEST_CASE("the password of an address reaches the server and no file") {
  DownloadFixture fixture;
  fixture.options.retries = 0;
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{fixture.cut(70'000, {kFirstTag})}; });
  const std::string url = "http://ann:secret@127.0.0.1:" + std::to_string(server.port()) + "/x";
  try {
    fixture.run(url);
    FAIL("the transfer was cut");
  } catch (const Error& error) {
    CHECK_FALSE(contains(error.what(), "secret"));
  }
  CHECK(header_of(server.requests()[0], "Authorization") == "Basic YW5uOnNlY3JldA==");
  CHECK_FALSE(contains(read_text_file(fixture.origin()), "secret"));
}

TEST_CASE("a proxy gets the whole address and its own password, the server behind it is never looked up") {
  DownloadFixture fixture;
  const RawServer proxy(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", fixture.content)}; });
  fixture.variables["http_proxy"] = "http://ann:secret@127.0.0.1:" + std::to_string(proxy.port());
  fixture.run("http://weights.invalid/folder/x");
  CHECK(fixture.downloaded() == fixture.content);
  const std::string request = proxy.requests()[0];
  CHECK(contains(request, "GET http://weights.invalid"));
  CHECK(contains(request, "/folder/x HTTP/1.1"));
  CHECK(header_of(request, "Host") == "weights.invalid");
  CHECK(header_of(request, "Proxy-Authorization") == "Basic YW5uOnNlY3JldA==");
}

TEST_CASE("no_proxy goes around the proxy") {
  DownloadFixture fixture;
  const RefusingPort proxy;
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", fixture.content)}; });
  fixture.variables["http_proxy"] = "http://127.0.0.1:" + std::to_string(proxy.port());
  fixture.variables["no_proxy"] = "127.0.0.0/8";
  fixture.run(server.url("/x"));
  CHECK(fixture.downloaded() == fixture.content);
}

}  // namespace animalctl::test
