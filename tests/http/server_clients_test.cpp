// Clients that are slow, silent, too many, or leave early. Deadlines are the server's; the tests only wait for what
// it does.
#include <atomic>
#include <thread>

#include "http/test_server.h"

namespace animalctl::test {
namespace {

using http::Request;
using http::Response;
using http::ServerOptions;
using std::chrono::milliseconds;

const std::string kHalfHead = "POST / HTTP/1.1\r\nHost: h\r\nContent-Le";
const std::string kHalfBody = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc";

TEST_CASE("a request that does not arrive in time is answered 408", "[http]") {
  ServerOptions options;
  options.request_timeout = milliseconds(50);
  TestServer server(echo, options);
  for (const std::string& part : {std::string("P"), kHalfHead, kHalfBody}) {
    HttpClient client = server.connect();
    client.send(part);
    const HttpAnswer answer = client.read_answer();
    CHECK(answer.status == 408);
    CHECK(answer.header("Connection") == "close");
    client.end_writing();
    CHECK(client.is_closed());
  }
}

TEST_CASE("a sender that never pauses is cut at the limit for the whole request", "[http]") {
  ServerOptions options;
  options.request_timeout = milliseconds(100);
  TestServer server(echo, options);
  HttpClient client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  // Until the answer comes: each byte restarts nothing.
  while (!client.has_input() && client.send("1\r\nx\r\n")) {
  }
  CHECK(client.read_answer().status == 408);
}

TEST_CASE("a connection without a request is closed after the idle time, without a word", "[http]") {
  ServerOptions options;
  options.idle_timeout = milliseconds(50);
  TestServer server(echo, options);
  HttpClient silent = server.connect();
  CHECK(silent.is_closed());
  HttpClient after_one = server.connect();
  CHECK(after_one.get("/").status == 200);
  CHECK(after_one.is_closed());
  HttpClient blank = server.connect();
  blank.send("\r\n");
  CHECK(blank.is_closed());
}

TEST_CASE("slow senders hold no thread: one thread serves beside two hundred of them", "[http]") {
  ServerOptions options;
  options.max_threads = 1;
  TestServer server(echo, options);
  std::vector<HttpClient> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(server.connect());
    slow.back().send(i % 2 == 0 ? kHalfHead : kHalfBody);
  }
  HttpClient normal = server.connect();
  for (int i = 0; i < 50; ++i) REQUIRE(normal.get("/").status == 200);
  slow[0].send("ngth: 2\r\n\r\nok");
  CHECK(slow[0].read_answer().body == "ok");
  slow[1].send("defghij");
  CHECK(slow[1].read_answer().body == "abcdefghij");
  CHECK(server->statistics().connections == 201);
  CHECK(eventually([&] { return server->statistics().active_requests == 198; }));
}

TEST_CASE("a client that takes no answer is dropped and holds no thread", "[http]") {
  ServerOptions options;
  options.max_threads = 1;
  options.write_timeout = milliseconds(50);
  const std::string large(std::size_t{64} << 20, 'x');
  TestServer server(
      [&large](const Request& request) {
        Response response;
        response.body = request.path == "/large" ? large : "small";
        return response;
      },
      options);
  HttpClient lazy = server.connect();
  lazy.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  HttpClient normal = server.connect();
  CHECK(normal.get("/").body == "small");
  REQUIRE(eventually([&] { return server->statistics().connections == 1; }));
  CHECK(lazy.read_to_end().size() < large.size());
  CHECK(normal.get("/").body == "small");
}

TEST_CASE("a handler that blocks does not keep other requests waiting", "[http]") {
  Gate gate;
  TestServer server([&gate](const Request& request) {
    if (request.path == "/wait") CHECK(gate.wait());
    return echo(request);
  });
  std::vector<HttpClient> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(server.connect());
    waiting.back().send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  CHECK(server.connect().get("/now").body == "GET /now");
  gate.open();
  for (HttpClient& client : waiting) CHECK(client.read_answer().body == "GET /wait");
}

TEST_CASE("a connection too many is answered 503 with Retry-After and closed", "[http]") {
  ServerOptions options;
  options.max_connections = 2;
  TestServer server(echo, options);
  HttpClient first = server.connect();
  std::unique_ptr<HttpClient> second = std::make_unique<HttpClient>(server->port());
  CHECK(first.get("/").status == 200);
  CHECK(second->get("/").status == 200);
  {
    HttpClient third = server.connect();
    const HttpAnswer answer = third.get("/");
    CHECK(answer.status == 503);
    CHECK(answer.header("Retry-After") == "1");
    CHECK(answer.header("Connection") == "close");
  }
  CHECK(first.get("/").status == 200);
  second.reset();
  // The place is free as soon as the server has seen the end; until then there is another 503.
  int status = 503;
  for (int tries = 0; status == 503 && tries < 10'000; ++tries) status = server.connect().get("/").status;
  CHECK(status == 200);
}

TEST_CASE("a client that leaves is noticed while its request is worked on", "[http]") {
  Gate arrived;
  Gate left;
  Gate done;
  bool before = false;
  bool after = true;
  TestServer server([&](const Request& request) {
    before = request.client_is_there();
    arrived.open();
    CHECK(left.wait());
    after = request.client_is_there();
    done.open();
    return echo(request);
  });
  {
    HttpClient client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(arrived.wait());
    client.end_writing();
    left.open();
    REQUIRE(done.wait());
    CHECK(before);
    CHECK_FALSE(after);
    // It may only have ended its own side: the answer is there for it.
    CHECK(client.read_answer().status == 200);
  }
}

TEST_CASE("bytes of a next request do not hide a client that is there", "[http]") {
  std::atomic<bool> there{false};  // the next request is worked on while the test looks
  TestServer server([&there](const Request& request) {
    if (request.path == "/") there = request.client_is_there();
    return echo(request);
  });
  HttpClient client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_answer();
  CHECK(there);
  CHECK(client.read_answer().body == "GET /2");
}

TEST_CASE("a client that resets in the middle of its answer harms nobody, nor raises SIGPIPE", "[http]") {
  Gate arrived;
  Gate gone;
  const std::string large(std::size_t{8} << 20, 'x');
  TestServer server([&](const Request& request) {
    if (request.path != "/large") return echo(request);
    arrived.open();
    CHECK(gone.wait());
    Response response;
    response.body = large;
    return response;
  });
  HttpClient client = server.connect();
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(arrived.wait());
  client.reset();
  gone.open();
  HttpClient half = server.connect();
  half.send(kHalfBody);
  half.reset();
  CHECK(server.connect().get("/").status == 200);
}

TEST_CASE("what a handler keeps of a request does not keep the connection open", "[http]") {
  std::vector<Request> kept;
  TestServer server([&kept](const Request& request) {
    kept.push_back(request);
    Response response;
    response.close = true;
    return response;
  });
  HttpClient client = server.connect();
  client.get("/");
  CHECK(client.is_closed());
  REQUIRE(kept.size() == 1);
  server->stop(milliseconds(1000));
  CHECK_FALSE(kept[0].client_is_there());
}

}  // namespace
}  // namespace animalctl::test
