// What the server answers to requests that it must not pass on.
#include "http/test_server.h"

namespace animalctl::test {
namespace {

using http::Request;
using http::Response;
using http::ServerOptions;

struct Refused {
  std::string request;
  int status;
  std::string why;
};

// A request with these fields and this body.
std::string with(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

void check_refused(const std::vector<Refused>& table) {
  bool reached = false;
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(
      [&reached](const Request&) {
        reached = true;
        return Response{};
      },
      options);
  for (const Refused& row : table) {
    INFO(row.request.substr(0, 200));
    HttpClient client = server.connect();
    client.send(row.request);
    const HttpAnswer answer = client.read_answer();
    CHECK(answer.status == row.status);
    CHECK(contains(answer.body, row.why));
    CHECK(answer.header("Connection") == "close");
    client.end_writing();
    CHECK(client.is_closed());
  }
  CHECK_FALSE(reached);
}

TEST_CASE("a request line of another form is refused", "[http]") {
  check_refused({
      {"nonsense\r\n\r\n", 400, "METHOD target"},
      {"GET /\r\n\r\n", 400, "METHOD target"},
      {"GET / FTP/1.1\r\n\r\n", 400, "METHOD target"},
      {" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "no word"},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "address"},
      {"GET / x HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "no word"},
      {std::string(33, 'A') + " / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "no word"},
      {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400, "address"},
      {"GET /%ff HTTP/1.1\r\nHost: h\r\n\r\n", 400, "UTF-8"},
      {"GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "address"},
      {"GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "address"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505, "HTTP/1.1"},
      {"GET /" + std::string(8192, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414, "8192"},
      {"GET /" + std::string(9000, 'a'), 414, "8192"},
      {"GET / HTTP/1.1\nHost: h\n\n", 400, "CRLF"},
      {"\n", 400, "CRLF"},
      {"\rG", 400, "CRLF"},
      {"\r\n\r\n\r\n\r\n\r\n\r\n", 400, "METHOD target"},
      {"\x16\x03\x01\x02\n", 400, "CRLF"},
  });
}

TEST_CASE("header fields that another server might read otherwise are refused", "[http]") {
  check_refused({
      {with("no colon\r\n"), 400, "Name: value"},
      {with("Name : x\r\n"), 400, "Name: value"},
      {with(": x\r\n"), 400, "Name: value"},
      {with("X: a\r\n folded\r\n"), 400, "Name: value"},
      {with("X: a\nY: b\r\n"), 400, "CRLF"},
      {with("X: a\rb\r\n"), 400, "control character"},
      {with(std::string("X: a\0b\r\n", 8)), 400, "control character"},
      {with("X: a\x7F\r\n"), 400, "control character"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
      {with("Host: other\r\n"), 400, "Host"},
      {with("Expect: the-impossible\r\n"), 417, "100-continue"},
  });
}

TEST_CASE("a body whose end two servers might see in different places is refused", "[http]") {
  check_refused({
      {with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), 400, "both"},
      {with("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400, "different"},
      {with("Content-Length: 3, 3\r\n", "abc"), 400, "one number"},
      {with("Content-Length: +3\r\n", "abc"), 400, "one number"},
      {with("Content-Length: -3\r\n", "abc"), 400, "one number"},
      {with("Content-Length: 0x3\r\n", "abc"), 400, "one number"},
      {with("Content-Length:\r\n"), 400, "one number"},
      {with("Content-Length: 99999999999999999999\r\n"), 400, "one number"},
      {with("Transfer-Encoding: gzip, chunked\r\n"), 501, "chunked"},
      {with("Transfer-Encoding: xchunked\r\n"), 501, "chunked"},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, "two"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0"},
      {with("Content-Encoding: br\r\n"), 415, "gzip"},
      {with("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"), 415, "once"},
  });
}

TEST_CASE("broken chunks are refused", "[http]") {
  const auto chunks = [](const std::string& body) { return with("Transfer-Encoding: chunked\r\n", body); };
  check_refused({
      {chunks("\r\n"), 400, "hexadecimal"},
      {chunks("-2\r\nab\r\n"), 400, "hexadecimal"},
      {chunks("0x2\r\nab\r\n"), 400, "hexadecimal"},
      {chunks("2 ab\nab"), 400, "CRLF"},
      {chunks("2\nab\n0\n\n"), 400, "CRLF"},
      {chunks("2\r\nabXX"), 400, "longer than its size"},
      {chunks("2\r\nab\n\r\n"), 400, ""},
      {chunks("2;a\rb\r\nab\r\n"), 400, "CRLF"},
      {chunks("ffffffffffffffffff\r\n"), 413, "1000"},
      {chunks("3e9\r\n"), 413, "1000"},
      {chunks("1f4\r\n" + std::string(500, 'a') + "\r\n1f5\r\n"), 413, "1000"},
      {chunks("1;" + std::string(20000, 'e')), 400, "too long"},
      {chunks("0\r\nTrailer: " + std::string(20000, 't')), 400, "too long"},
  });
}

TEST_CASE("a head over the limits is refused", "[http]") {
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "X-" + std::to_string(i) + ": x\r\n";
  check_refused({
      {with(fields), 431, "100"},
      {with("X: " + std::string(32768, 'x') + "\r\n"), 431, "32768"},
      {with("X: " + std::string(40000, 'x')), 431, "32768"},
  });
}

TEST_CASE("a body over the limit is refused, announced or not, coded or not", "[http]") {
  check_refused({
      {with("Content-Length: 1001\r\n"), 413, "1000"},
      {with("Content-Length: 18446744073709551615\r\n"), 413, "1000"},
  });
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(echo, options);
  HttpClient client = server.connect();
  CHECK(client.post("/", std::string(1000, 'a')).status == 200);
  client.send(with("Transfer-Encoding: chunked\r\n", "3e8\r\n" + std::string(1000, 'a') + "\r\n0\r\n\r\n"));
  CHECK(client.read_answer().body.size() == 1000);
}

TEST_CASE("a small gzip body that inflates over the limit is refused", "[http]") {
  ServerOptions options;
  options.max_body_bytes = 50'000;
  TestServer server(echo, options);
  // 60,000 zeros (python3: zlib, level 9, gzip form).
  const std::string bomb(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x0d\x0f\xa0"
      "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x00\x00\x00\x00\x00\x00\x00\x00\xbe\x0c\x05\xaa\x27\x51\x60\xea\x00\x00",
      93);
  HttpClient client = server.connect();
  const HttpAnswer answer = client.post("/", bomb, "Content-Encoding: gzip\r\n");
  CHECK(answer.status == 413);
  CHECK(contains(answer.body, "inflated body is larger than 50000"));
}

TEST_CASE("an over-large body is refused while the client is still sending it", "[http]") {
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(echo, options);
  HttpClient client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
  client.send(std::string(3'000'000, 'x'));
  CHECK(client.read_answer().status == 413);
}

TEST_CASE("a client that expects 100 gets it when its body is wanted, and only then", "[http]") {
  ServerOptions options;
  options.max_body_bytes = 1000;
  options.admit = [](const Request& head) -> std::optional<Response> {
    if (head.path != "/no") return std::nullopt;
    Response response;
    response.status = 401;
    return response;
  };
  TestServer server(echo, options);
  const std::string expect = " HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: ";
  HttpClient client = server.connect();
  client.send("POST /" + expect + "3\r\n\r\n");
  CHECK(client.read_answer().status == 100);
  client.send("abc");
  CHECK(client.read_answer().body == "abc");
  client.send("POST /" + expect + "3\r\n\r\nabc");
  CHECK(client.read_answer().body == "abc");
  client.send("POST /" + expect + "0\r\n\r\n");
  CHECK(client.read_answer().body == "POST /");
  client.send("POST /no" + expect + "3\r\n\r\n");
  CHECK(client.read_answer().status == 401);
  HttpClient large = server.connect();
  large.send("POST /" + expect + "1001\r\n\r\n");
  CHECK(large.read_answer().status == 413);
}

TEST_CASE("admit sees the head and can end a request before its body", "[http]") {
  bool called = false;
  ServerOptions options;
  options.admit = [](const Request& head) -> std::optional<Response> {
    CHECK(head.body.empty());
    CHECK(head.client_is_there());
    if (head.path == "/throws") throw Error(ErrorCode::Unavailable, "busy");
    if (head.header("Authorization") == "Bearer x") return std::nullopt;
    Response response;
    response.status = 401;
    response.body = "who are you?";
    return response;
  };
  TestServer server(
      [&called](const Request& request) {
        called = true;
        return echo(request);
      },
      options);
  HttpClient with_body = server.connect();
  with_body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  const HttpAnswer refused = with_body.read_answer();
  CHECK(refused.status == 401);
  CHECK(refused.header("Connection") == "close");
  HttpClient without = server.connect();
  CHECK(without.get("/").body == "who are you?");
  CHECK(without.get("/throws").status == 503);
  CHECK_FALSE(called);
  CHECK(without.post("/", "abc", "Authorization: Bearer x\r\n").body == "abc");
}

}  // namespace
}  // namespace animalctl::test
