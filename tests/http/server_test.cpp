// The server over real sockets: what a well-behaved client sees.
#include <thread>

#include "http/test_server.h"

namespace animalctl::test {
namespace {

using http::Request;
using http::Response;
using http::ServerOptions;

TEST_CASE("a request is answered and the connection stays open for the next", "[http]") {
  TestServer server;
  HttpClient client = server.connect();
  for (int i = 0; i < 200; ++i) {
    const HttpAnswer answer = client.post("/x", "body " + std::to_string(i));
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body == "body " + std::to_string(i));
    REQUIRE(answer.header("Connection").empty());
  }
  CHECK(client.get("/a%20b?c=d").body == "GET /a b");
  CHECK(server->statistics().connections == 1);
}

TEST_CASE("the handler gets the request whole", "[http]") {
  Request seen;
  TestServer server([&seen](const Request& request) {
    seen = request;
    CHECK(request.client_is_there());
    return Response{};
  });
  HttpClient client = server.connect();
  client.send(
      "PROPFIND /models/a%2Fb?x=1&y=%C3%A4 HTTP/1.1\r\nhost: h\r\nX-B:  2 \r\nX-A: %41\r\nx-b:3\r\nContent-Length: "
      "3\r\n\r\nabc");
  const HttpAnswer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Length") == "0");
  CHECK(seen.method == "PROPFIND");
  CHECK(seen.path == "/models/a%2Fb");
  CHECK(seen.query == std::vector<std::pair<std::string, std::string>>{{"x", "1"}, {"y", "\xC3\xA4"}});
  const http::Headers headers = {{"host", "h"}, {"X-B", "2"}, {"X-A", "%41"}, {"x-b", "3"}, {"Content-Length", "3"}};
  CHECK(seen.headers == headers);
  CHECK(seen.body == "abc");
  CHECK(seen.remote_address == "127.0.0.1");
  CHECK(seen.received <= std::chrono::steady_clock::now());
  CHECK(seen.received > std::chrono::steady_clock::now() - std::chrono::seconds(60));
}

TEST_CASE("the answer has the handler's status, fields and body, and no line of its own making", "[http]") {
  TestServer server([](const Request&) {
    Response response;
    response.status = 404;
    response.content_type = "application/json";
    response.body = "{}";
    response.headers = {{"X-One", "1"},  {"X-One", "2"},          {"X-Evil", "a\r\nSet-Cookie: b"}, {"Bad Name", "x"},
                        {"a\r\nb", "x"}, {"Content-Length", "7"}, {"Connection", "upgrade"}};
    return response;
  });
  HttpClient client = server.connect();
  const HttpAnswer answer = client.get("/");
  CHECK(answer.status == 404);
  CHECK(contains(answer.head, "HTTP/1.1 404 Not Found\r\n"));
  CHECK(answer.header("Content-Type") == "application/json");
  CHECK(answer.header("Content-Length") == "2");
  CHECK(answer.body == "{}");
  // Both lines; in which order is the HTTP library's.
  CHECK(contains(answer.head, "X-One: 1\r\n"));
  CHECK(contains(answer.head, "X-One: 2\r\n"));
  CHECK(answer.header("X-Evil") == "a  Set-Cookie: b");
  CHECK(answer.headers.size() == 5);
  CHECK(client.get("/").status == 404);
}

TEST_CASE("HEAD is answered with the length and without the body", "[http]") {
  TestServer server;
  HttpClient client = server.connect();
  client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  const HttpAnswer head = client.read_answer(true);
  CHECK(head.header("Content-Length") == "9");
  CHECK(client.read_answer().body == "GET /next");
}

TEST_CASE("an answer of 204 or 304 has neither body nor length", "[http]") {
  TestServer server([](const Request& request) {
    Response response = echo(request);
    response.status = request.path == "/204" ? 204 : 304;
    return response;
  });
  HttpClient client = server.connect();
  for (const char* path : {"/204", "/304"}) {
    client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    const HttpAnswer answer = client.read_answer();
    CHECK(answer.headers.empty());
  }
}

TEST_CASE("a status that HTTP does not have is sent as 500", "[http]") {
  TestServer server([](const Request&) {
    Response response;
    response.status = 99;
    return response;
  });
  CHECK(server.connect().get("/").status == 500);
}

TEST_CASE("HTTP/1.0 is closed after the answer unless keep-alive is asked for", "[http]") {
  TestServer server;
  HttpClient client = server.connect();
  client.send("GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  CHECK(client.read_answer().header("Connection") == "keep-alive");
  client.send("GET /b HTTP/1.0\r\n\r\n");
  const HttpAnswer last = client.read_answer();
  CHECK(last.body == "GET /b");
  CHECK(last.header("Connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("Connection: close of client or handler ends the connection", "[http]") {
  TestServer server([](const Request& request) {
    Response response = echo(request);
    response.close = request.path == "/close";
    return response;
  });
  for (const char* text :
       {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n", "GET /close HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    HttpClient client = server.connect();
    client.send(text);
    CHECK(client.read_answer().header("Connection") == "close");
    CHECK(client.is_closed());
  }
}

TEST_CASE("requests sent one behind the other are answered in order", "[http]") {
  TestServer server;
  HttpClient client = server.connect();
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const std::string body = std::string(static_cast<std::size_t>(i) * 37, 'x') + std::to_string(i);
    all += "\r\nPUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  REQUIRE(client.send(all));
  for (int i = 0; i < 100; ++i) {
    REQUIRE(client.read_answer().body == std::string(static_cast<std::size_t>(i) * 37, 'x') + std::to_string(i));
  }
}

TEST_CASE("a body may come in chunks and in gzip", "[http]") {
  TestServer server;
  HttpClient client = server.connect();
  const std::string fields = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";
  client.send(fields + "\r\n3;ext=1\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  CHECK(client.read_answer().body == "abc0123456789");
  // gzip -n of "hello hello hello"
  const std::string zipped(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x80\x88\xf9\xe5\x11\x00\x00"
      "\x00",
      28);
  CHECK(client.post("/", zipped, "Content-Encoding: gzip\r\n").body == "hello hello hello");
  CHECK(client.post("/", zipped.substr(0, 20), "Content-Encoding: gzip\r\n").status == 400);
  CHECK(client.post("/", zipped + "x", "Content-Encoding: gzip\r\n").status == 400);
  CHECK(client.post("/", "not gzip at all", "Content-Encoding: gzip\r\n").status == 400);
  CHECK(client.post("/", "", "Content-Encoding: gzip\r\n").status == 200);
}

TEST_CASE("a form arrives in parts, a broken one is refused", "[http]") {
  TestServer server([](const Request& request) {
    Response response;
    response.body = std::to_string(request.parts.size()) + ":" + request.body;
    if (!request.parts.empty()) response.body += request.parts[0].name + "=" + request.parts[0].content;
    return response;
  });
  HttpClient client = server.connect();
  const std::string type = "Content-Type: Multipart/form-data; boundary=b\r\n";
  const std::string form = "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nvalue\r\n--b--\r\n";
  CHECK(client.post("/", form, type).body == "1:f=value");
  CHECK(client.post("/", form, "Content-Type: multipart/form-data\r\n").status == 400);
  CHECK(client.post("/", form, "Content-Type: multipart/form-data; boundary\r\n").status == 400);
  CHECK(client.post("/", form.substr(0, 60), type).status == 400);
  CHECK(client.post("/", "x", "Content-Type: multipart/mixed; boundary=b\r\n").body == "0:x");
  std::string many;
  for (int i = 0; i < 101; ++i) many += "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\r\n";
  CHECK(client.post("/", many + "--b--\r\n", type).status == 400);
}

TEST_CASE("a large body and a large answer pass whole", "[http]") {
  TestServer server;
  HttpClient client = server.connect();
  std::string body(std::size_t{6} << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 3);
  std::jthread sender([&] { client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6291456\r\n\r\n" + body); });
  const HttpAnswer answer = client.read_answer();
  CHECK(answer.body == body);
}

TEST_CASE("what a handler throws becomes a status and never its text when it is our fault", "[http]") {
  TestServer server([](const Request& request) -> Response {
    if (request.path == "/error") throw Error(ErrorCode::NotFound, "no model of that name");
    if (request.path == "/internal") throw Error(ErrorCode::Internal, "secret");
    if (request.path == "/std") throw std::runtime_error("secret");
    throw 7;
  });
  HttpClient client = server.connect();
  const HttpAnswer known = client.get("/error");
  CHECK(known.status == 404);
  CHECK(known.body == "no model of that name\n");
  for (const char* path : {"/internal", "/std", "/int"}) {
    const HttpAnswer answer = client.get(path);
    CHECK(answer.status == 500);
    CHECK_FALSE(contains(answer.body, "secret"));
  }
}

TEST_CASE("refusals have the body that the options make, and a plain one when that throws", "[http]") {
  ServerOptions options;
  options.refuse = [](int status, std::string_view message) {
    if (status == 405) throw std::runtime_error("no body");
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = "{\"message\": \"" + std::string(message) + "\"}";
    return response;
  };
  TestServer server([](const Request&) -> Response { throw Error(ErrorCode::InvalidArgument, "wrong"); }, options);
  HttpClient client = server.connect();
  CHECK(client.get("/").body == "{\"message\": \"wrong\"}");
  client.send("nonsense\r\n\r\n");
  const HttpAnswer answer = client.read_answer();
  CHECK(answer.status == 400);
  CHECK(answer.header("Content-Type") == "application/json");
  CHECK(client.is_closed());
}

TEST_CASE("the server tells its address, and what is wrong with one", "[http]") {
  TestServer server;
  CHECK(server->url() == "http://127.0.0.1:" + std::to_string(server->port()));
  ServerOptions options;
  options.port = server->port();
  require_error(ErrorCode::Unavailable, "Address already in use", [&] { http::Server(options, echo); });
  require_error(ErrorCode::FailedPrecondition, "started before", [&] { server->start(); });
  options.port = 65536;
  require_error(ErrorCode::InvalidArgument, "0 to 65535", [&] { http::Server(options, echo); });
  options.port = 0;
  options.host = "no such host";
  require_error(ErrorCode::InvalidArgument, "no such host", [&] { http::Server(options, echo); });
  options.host = "";
  require_error(ErrorCode::InvalidArgument, "host ''", [&] { http::Server(options, echo); });
  options.host = "192.0.2.1";  // kept for documentation: nobody's
  require_error(ErrorCode::InvalidArgument, "192.0.2.1", [&] { http::Server(options, echo); });
}

TEST_CASE("the server listens on IPv6", "[http]") {
  ServerOptions options;
  options.host = "::1";
  std::unique_ptr<http::Server> server;
  try {
    server = std::make_unique<http::Server>(options, [](const Request& request) {
      Response response;
      response.body = request.remote_address;
      return response;
    });
  } catch (const Error& error) {
    WARN("no IPv6 here: " << error.what());
    return;
  }
  server->start();
  CHECK(server->url() == "http://[::1]:" + std::to_string(server->port()));
  CHECK(HttpClient(server->port(), HttpClient::Tls::Off, "::1").get("/").body == "::1");
}

}  // namespace
}  // namespace animalctl::test
