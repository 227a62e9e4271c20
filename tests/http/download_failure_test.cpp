#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <limits>

#include "http/download_fixture.h"

namespace animalctl::test {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

const std::string kTag = "ETag: \"one\"";

}  // namespace

TEST_CASE("statuses that no further try changes are reported at once, each with what to do") {
  struct Case {
    const char* status;
    ErrorCode code;
    const char* part;
  };
  const Case cases[] = {
      {"404 Not Found", ErrorCode::NotFound, "no such file (status 404)"},
      {"410 Gone", ErrorCode::NotFound, "status 410"},
      {"401 Unauthorized", ErrorCode::FailedPrecondition, "user:password@host"},
      {"403 Forbidden", ErrorCode::FailedPrecondition, "status 403"},
      {"418 Teapot", ErrorCode::Unavailable, "status 418"},
      {"204 No Content", ErrorCode::Unavailable, "status 204"},
      {"302 Found", ErrorCode::Unavailable, "status 302"},  // without Location
  };
  for (const Case& expected : cases) {
    INFO(expected.status);
    DownloadFixture fixture;
    const RawServer server(
        [&](const std::string&, std::size_t) { return RawServer::Answer{answer(expected.status, "")}; });
    require_error(expected.code, expected.part, [&] { fixture.run(server.url("/x")); });
    CHECK(server.requests().size() == 1);
    CHECK(fixture.clean());
    CHECK_FALSE(fs::exists(fixture.request.target));
  }
}

TEST_CASE("a proxy that wants a password is named") {
  DownloadFixture fixture;
  const RawServer proxy([&](const std::string&, std::size_t) {
    return RawServer::Answer{answer("407 Proxy Authentication Required", "")};
  });
  fixture.variables["http_proxy"] = "127.0.0.1:" + std::to_string(proxy.port());
  fixture.variables["https_proxy"] = fixture.variables["http_proxy"];
  require_error(ErrorCode::FailedPrecondition, "the proxy 127.0.0.1:", [&] { fixture.run("http://h.invalid/x"); });
  require_error(ErrorCode::FailedPrecondition, "status 407", [&] { fixture.run("https://h.invalid/x"); });
  CHECK(proxy.requests()[1].starts_with("CONNECT h.invalid:443 HTTP/1.1\r\n"));
}

TEST_CASE("a proxy that opens no tunnel is told apart from one that breaks off") {
  DownloadFixture fixture;
  const std::vector<std::string> answers = {
      answer("403 Forbidden", "no"), answer("502 Bad Gateway", ""), "",
      "SSH-2.0-Server\r\n\r\n",      "HTTP/1.1 2x0 OK\r\n\r\n",     answer("200 OK", "")};
  const RawServer proxy([&](const std::string&, std::size_t number) { return RawServer::Answer{answers.at(number)}; });
  fixture.variables["https_proxy"] = "ann:p@127.0.0.1:" + std::to_string(proxy.port());
  const auto run = [&] { fixture.run("https://h.invalid/x"); };
  fixture.options.retries = 0;
  require_error(ErrorCode::Unavailable, "opens no connection to h.invalid (status 403); check", run);
  require_error(ErrorCode::Unavailable, "opens no connection to h.invalid (status 502); tried 1 times", run);
  for (int i = 0; i < 3; ++i) require_error(ErrorCode::Unavailable, "the proxy 127.0.0.1:", run);
  require_error(ErrorCode::Unavailable, "TLS handshake failed", run);
  CHECK(header_of(proxy.requests()[0], "Proxy-Authorization") == "Basic YW5uOnA=");
}

TEST_CASE("a server that stays in trouble ends in an error that says how often it was tried") {
  DownloadFixture fixture;
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("503 Service Unavailable", "")}; });
  require_error(ErrorCode::Unavailable, "status 503; tried 5 times", [&] { fixture.run(server.url("/x")); });
  CHECK(fixture.pauses == std::vector<std::chrono::milliseconds>{1s, 2s, 4s, 8s});
  CHECK(fixture.clean());
}

TEST_CASE("pauses stop doubling at half a minute") {
  DownloadFixture fixture;
  fixture.options.retries = 8;
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("500 Internal Server Error", "")}; });
  require_error(ErrorCode::Unavailable, "tried 9 times", [&] { fixture.run(server.url("/x")); });
  CHECK(fixture.pauses.back() == 30s);
}

TEST_CASE("a wrong checksum names both values, removes the part and keeps the old target") {
  DownloadFixture fixture;
  write_file_atomic(fixture.request.target, "old");
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", "hello world", {kTag})}; });
  const auto run = [&] { fixture.run(server.url("/x")); };
  require_error(ErrorCode::DataLoss, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", run);
  require_error(ErrorCode::DataLoss, "begin with " + fixture.request.sha256_prefix, run);
  CHECK(fixture.clean());
  CHECK(fixture.downloaded() == "old");
}

TEST_CASE("a file larger than the limit is refused before its body, or when the body passes the limit") {
  DownloadFixture fixture;
  fixture.request.max_bytes = 149'999;
  const RawServer announced([&](const std::string&, std::size_t) {
    return RawServer::Answer{fixture.cut(0, {kTag}), true};
  });
  require_error(ErrorCode::ResourceExhausted, "150000 bytes or more, the limit is 149999",
                [&] { fixture.run(announced.url("/x")); });
  CHECK(fixture.progress.totals.empty());
  CHECK(fixture.clean());
  const RawServer silent([&](const std::string&, std::size_t) {
    return RawServer::Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + fixture.content};
  });
  require_error(ErrorCode::ResourceExhausted, "the limit is 149999", [&] { fixture.run(silent.url("/x")); });
  CHECK(fixture.progress.ended == 1);
}

TEST_CASE("a file that has no room on the disk is refused before its body") {
  DownloadFixture fixture;
  fixture.request.max_bytes = std::numeric_limits<std::uint64_t>::max();
  const RawServer server([&](const std::string&, std::size_t) {
    return RawServer::Answer{answer_head("200 OK", std::size_t{1} << 62, {kTag}), true};
  });
  require_error(ErrorCode::ResourceExhausted, "the disk is too full", [&] { fixture.run(server.url("/x")); });
  CHECK(fixture.clean());
}

TEST_CASE("endless redirects end after five") {
  DownloadFixture fixture;
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("302 Found", "", {"Location: /x"})}; });
  require_error(ErrorCode::Unavailable, "more than 5 redirects", [&] { fixture.run(server.url("/x")); });
  CHECK(server.requests().size() == 6);
}

TEST_CASE("a redirect to no http address is refused") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string&, std::size_t) {
    return RawServer::Answer{answer("302 Found", "", {"Location: file:///etc/passwd"})};
  });
  require_error(ErrorCode::InvalidArgument, "only http and https", [&] { fixture.run(server.url("/x")); });
}

TEST_CASE("a redirect goes only where the caller lets it") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string& head, std::size_t) {
    if (head.starts_with("GET /x ")) return RawServer::Answer{answer("302 Found", "", {"Location: /elsewhere"})};
    return RawServer::Answer{answer("200 OK", fixture.content)};
  });
  std::string asked;
  fixture.request.may_redirect = [&](const http::Url& to) {
    asked = to.path;
    return false;
  };
  require_error(ErrorCode::FailedPrecondition, "which is not allowed", [&] { fixture.run(server.url("/x")); });
  CHECK(asked == "/elsewhere");
  CHECK(server.requests().size() == 1);
  fixture.request.may_redirect = [](const http::Url&) { return true; };
  CHECK(fixture.run(server.url("/x")).bytes == fixture.content.size());
}

TEST_CASE("without a checksum any content is taken, within the limit") {
  DownloadFixture fixture;
  fixture.request.sha256_prefix = "";
  const RawServer server(
      [&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", fixture.content)}; });
  require_error(ErrorCode::InvalidArgument, "SHA-256", [&] { fixture.run(server.url("/x")); });
  fixture.request.any_content = true;
  CHECK(fixture.run(server.url("/x")).digest == sha256(fixture.content));
  fixture.request.max_bytes = 1000;
  require_error(ErrorCode::ResourceExhausted, "1000", [&] { fixture.run(server.url("/x")); });
}

TEST_CASE("a name that does not exist, a refusal and a server without TLS are told apart") {
  DownloadFixture fixture;
  // Longer than a label may be: fails without asking any name server.
  const std::string unknown = std::string(64, 'a') + ".invalid";
  require_error(ErrorCode::Unavailable, "cannot find the host \"aaa", [&] { fixture.run("http://" + unknown + "/x"); });
  const RefusingPort refusing;
  const std::string place = "127.0.0.1:" + std::to_string(refusing.port());
  require_error(ErrorCode::Unavailable, "cannot connect to " + place, [&] { fixture.run("http://" + place + "/x"); });
  require_error(ErrorCode::Unavailable, "cannot connect to " + place, [&] { fixture.run("https://" + place + "/x"); });
  const RawServer plain([&](const std::string&, std::size_t) { return RawServer::Answer{answer("200 OK", "x")}; });
  const std::string secure = "https://127.0.0.1:" + std::to_string(plain.port()) + "/x";
  require_error(ErrorCode::Unavailable, "TLS handshake failed", [&] { fixture.run(secure); });
  fixture.variables["http_proxy"] = "http://" + unknown;
  require_error(ErrorCode::Unavailable, "cannot find the proxy", [&] { fixture.run("http://h/x"); });
  CHECK(fixture.pauses.empty());
  CHECK(fixture.clean());
}

TEST_CASE("a silent server is given up after the read time-out") {
  DownloadFixture fixture;
  fixture.options.retries = 0;
  fixture.options.read_timeout = 50ms;
  const RawServer server([&](const std::string&, std::size_t) { return RawServer::Answer{"", true}; });
  require_error(ErrorCode::Unavailable, "lost or silent", [&] { fixture.run(server.url("/x")); });
}

TEST_CASE("a connection that closes without an answer is tried again") {
  DownloadFixture fixture;
  const RawServer server([&](const std::string&, std::size_t number) {
    return RawServer::Answer{number == 0 ? "" : answer("200 OK", fixture.content)};
  });
  CHECK(fixture.run(server.url("/x")).retries == 1);
}

TEST_CASE("a stop before the start, in the body, in a wait for the server and between tries keeps the part") {
  DownloadFixture fixture;
  std::stop_source stop;
  const RawServer server([&](const std::string&, std::size_t number) {
    if (number == 0) return RawServer::Answer{fixture.cut(70'000, {kTag}), true};
    if (number == 1) {
      stop.request_stop();  // while the client waits for the head
      return RawServer::Answer{"", true};
    }
    return RawServer::Answer{answer("503 Busy", "")};
  });
  const auto require_stopped = [&](const char* part) {
    require_error(ErrorCode::Cancelled, part, [&] { fixture.run(server.url("/x"), stop.get_token()); });
  };
  fixture.progress.on_advance = [&] { stop.request_stop(); };
  require_stopped("goes on from there");
  const auto kept = fs::file_size(fixture.part());
  CHECK(kept > 0);
  require_stopped("stopped");
  CHECK(server.requests().size() == 1);
  stop = std::stop_source();
  require_stopped("stopped");
  stop = std::stop_source();
  fixture.options.sleep = [&](std::chrono::milliseconds, const std::stop_token&) { stop.request_stop(); };
  require_stopped("stopped");
  CHECK(server.requests().size() == 3);
  CHECK(fs::file_size(fixture.part()) == kept);
}

TEST_CASE("a wrong address or checksum is refused before anything is written") {
  DownloadFixture fixture;
  require_error(ErrorCode::InvalidArgument, "does not start with http", [&] { fixture.run("h/x"); });
  for (const std::string& prefix :
       {std::string(), std::string("b94d27b"), std::string("b94d27bx"), std::string(65, 'a')}) {
    fixture.request.sha256_prefix = prefix;
    require_error(ErrorCode::InvalidArgument, "8 to 64 hexadecimal digits", [&] { fixture.run("http://h/x"); });
  }
  CHECK_FALSE(fs::exists(fixture.folder / "weights"));
}

TEST_CASE("a folder that cannot be and a part that another process writes are refused before the network") {
  DownloadFixture fixture;
  write_file_atomic(fixture.folder / "weights", "in the way");
  require_error(ErrorCode::FailedPrecondition, "in the way", [&] { fixture.run("http://h.invalid/x"); });
  fs::remove(fixture.folder / "weights");
  fs::create_directories(fixture.part());
  require_error(ErrorCode::InvalidArgument, "file.pth.part", [&] { fixture.run("http://h.invalid/x"); });
  fs::remove(fixture.part());
  write_file_atomic(fixture.part(), "x");
  const int held = ::open(fixture.part().c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  require_error(ErrorCode::Unavailable, "another process", [&] { fixture.run("http://h.invalid/x"); });
  ::close(held);
}

TEST_CASE("the checksum of a file that is not there is an error, not no") {
  const TemporaryFolder folder;
  require_error(ErrorCode::NotFound, "gone", [&] { http::has_digest_prefix(folder / "gone", "00000000"); });
  require_error(ErrorCode::InvalidArgument, "cannot read", [&] { http::has_digest_prefix(folder.path(), "00000000"); });
}

}  // namespace animalctl::test
