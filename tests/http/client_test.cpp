#include "animalctl/http/client.h"

#include <thread>

#include "animalctl/base/file.h"
#include "http/raw_server.h"
#include "http/test_server.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

using http::Client;
using http::ClientOptions;

std::string base_of(const http::Server& server, const std::string& path = "") {
  return server.url() + path;
}

TEST_CASE("a client asks again and again over one connection", "[http]") {
  TestServer server;
  Client client(base_of(*server, "/base/"));
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.post("/x", "text/plain", "body " + std::to_string(i));
    REQUIRE(answer);
    REQUIRE(answer.value().status == 200);
    REQUIRE(answer.value().body == "body " + std::to_string(i));
  }
  CHECK(client.get("/y").value().body == "GET /base/y");
  CHECK(server->statistics().connections == 1);
}

TEST_CASE("a client takes any status as an answer and follows no redirect", "[http]") {
  TestServer server([](const http::Request& request) {
    http::Response response;
    response.status = request.path == "/moved" ? 302 : 503;
    response.headers = {{"Location", "/elsewhere"}};
    response.content_type = "text/plain";
    response.body = request.path;
    return response;
  });
  Client client(base_of(*server));
  CHECK(client.get("/moved").value().status == 302);
  const auto answer = client.get("/late");
  CHECK(answer.value().status == 503);
  CHECK(answer.value().body == "/late");
}

TEST_CASE("a client refuses an answer that is too large", "[http]") {
  TestServer server([](const http::Request&) {
    http::Response response;
    response.content_type = "text/plain";
    response.body = std::string(101, 'x');
    return response;
  });
  ClientOptions options;
  options.max_answer_bytes = 100;
  Client client(base_of(*server), options);
  const auto answer = client.get("/");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code() == ErrorCode::ResourceExhausted);
  CHECK(contains(answer.error().what(), "100 bytes"));
}

TEST_CASE("a client says that a server cannot be reached, breaks off or says nothing", "[http]") {
  const RefusingPort refusing;
  Client nobody("http://127.0.0.1:" + std::to_string(refusing.port()));
  REQUIRE_FALSE(nobody.get("/"));
  CHECK(nobody.get("/").error().code() == ErrorCode::Unavailable);

  RawServer cut([](const std::string&, std::size_t) {
    return RawServer::Answer{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false};
  });
  Client broken(cut.url(""));
  const auto half = broken.get("/");
  REQUIRE_FALSE(half);
  CHECK(half.error().code() == ErrorCode::Unavailable);

  RawServer silent([](const std::string&, std::size_t) { return RawServer::Answer{"", true}; });
  ClientOptions hasty;
  hasty.read_timeout = std::chrono::milliseconds(50);
  Client waiting(silent.url(""), hasty);
  const auto nothing = waiting.get("/");
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().code() == ErrorCode::Unavailable);
}

TEST_CASE("stop ends the call that is under way and all later ones", "[http]") {
  Gate asked;
  RawServer silent([&asked](const std::string&, std::size_t) {
    asked.open();
    return RawServer::Answer{"", true};
  });
  ClientOptions patient;
  patient.read_timeout = std::chrono::seconds(60);
  Client client(silent.url(""), patient);
  const auto begun = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    asked.wait();
    client.stop();
  });
  const auto answer = client.get("/");
  REQUIRE_FALSE(answer);
  CHECK(contains(answer.error().what(), "given up"));
  stopper.join();
  CHECK_FALSE(client.get("/"));
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
}

TEST_CASE("a client sends a file's content with PUT, and its own headers with everything", "[http]") {
  const TemporaryFolder folder;
  std::string content(300'000, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
  write_file_atomic(folder / "file", content);
  write_file_atomic(folder / "empty", "");
  TestServer server([&](const http::Request& request) {
    http::Response response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.header("Authorization").value_or("") + " " +
                    (request.body == content ? "same" : "other");
    return response;
  });
  ClientOptions options;
  options.headers = {{"Authorization", "Bearer x"}};
  Client client(base_of(*server), options);
  CHECK(client.put_file("/x", "application/octet-stream", folder / "file").value().body == "PUT Bearer x same");
  CHECK(client.put_file("/x", "application/octet-stream", folder / "empty").value().body == "PUT Bearer x other");
  CHECK(client.get("/y").value().body == "GET Bearer x other");
  CHECK(client.put_file("/x", "text/plain", folder / "none").error().code() == ErrorCode::NotFound);
  CHECK_FALSE(client.put_file("/x", "text/plain", folder.path()));
}

TEST_CASE("a client's address must be one", "[http]") {
  require_error(ErrorCode::InvalidArgument, "ftp://x", [] { Client client("ftp://x"); });
}

}  // namespace
}  // namespace animalctl::test
