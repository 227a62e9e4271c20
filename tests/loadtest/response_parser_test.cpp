#include "loadtest/response_parser.h"

#include <string>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl::loadtest {
namespace {

using State = ResponseParser::State;

struct Example {
  std::string bytes;
  int status;
  bool reusable;
};

const std::vector<Example>& whole_responses() {
  static const std::vector<Example> examples{
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, true},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", 304, true},
      {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 503, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", 200, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=1\r\n world\r\n0\r\n\r\n", 200, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", 200, true},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\n"
       "Content-Length: 1\r\n\r\nx",
       201, true},
      {"HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n", 200, true},
  };
  return examples;
}

State feed_in_pieces(ResponseParser& parser, const std::string& bytes, std::size_t piece) {
  State state = State::NeedMore;
  for (std::size_t begin = 0; begin < bytes.size(); begin += piece) {
    if (state != State::NeedMore) return State::Malformed;
    state = parser.feed(std::string_view(bytes).substr(begin, piece));
  }
  return state;
}

TEST_CASE("responses are read the same in pieces of any size", "[loadtest]") {
  ResponseParser parser;
  for (const Example& example : whole_responses()) {
    for (std::size_t piece = 1; piece <= example.bytes.size(); ++piece) {
      INFO(example.bytes << " in pieces of " << piece);
      parser.start();
      REQUIRE(feed_in_pieces(parser, example.bytes, piece) == State::Complete);
      CHECK(parser.status() == example.status);
      CHECK(parser.reusable() == example.reusable);
    }
  }
}

TEST_CASE("a response cut short is not complete at the end of the connection", "[loadtest]") {
  ResponseParser parser;
  for (const Example& example : whole_responses()) {
    for (std::size_t length = 0; length < example.bytes.size(); ++length) {
      INFO(example.bytes << " cut to " << length);
      parser.start();
      REQUIRE(parser.feed(std::string_view(example.bytes).substr(0, length)) == State::NeedMore);
      CHECK(parser.begun() == (length > 0));
      CHECK(parser.end_of_stream() == State::NeedMore);
    }
  }
}

TEST_CASE("a body without length ends with the connection", "[loadtest]") {
  ResponseParser parser;
  parser.start();
  REQUIRE(parser.feed("HTTP/1.1 200 OK\r\n\r\nsome bytes") == State::NeedMore);
  REQUIRE(parser.feed(" and more") == State::NeedMore);
  CHECK(parser.end_of_stream() == State::Complete);
  CHECK((parser.status() == 200 && !parser.reusable()));
}

TEST_CASE("the answer to HEAD has no body whatever its length says", "[loadtest]") {
  ResponseParser parser;
  parser.start(true);
  CHECK(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n") == State::Complete);
  CHECK(parser.reusable());
}

TEST_CASE("bytes after the end of a response forbid using the connection again", "[loadtest]") {
  ResponseParser parser;
  parser.start();
  CHECK(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n") == State::Complete);
  CHECK(!parser.reusable());
}

TEST_CASE("what is no HTTP response is malformed", "[loadtest]") {
  ResponseParser parser;
  for (const std::string bytes : {
           "SSH-2.0-OpenSSH_9.2\r\n\r\n",
           "HTTP/1.1 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1 020 OK\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
           "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
           "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
       }) {
    INFO(bytes);
    parser.start();
    CHECK(parser.feed(bytes) == State::Malformed);
  }
}

TEST_CASE("a head without end is refused at its limit", "[loadtest]") {
  ResponseParser parser;
  parser.start();
  State state = parser.feed("HTTP/1.1 200 OK\r\nX: ");
  for (int i = 0; i < 100 && state == State::NeedMore; ++i) state = parser.feed(std::string(1024, 'x'));
  CHECK(state == State::Malformed);
  parser.start();
  state = parser.feed("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 100'000 && state == State::NeedMore; ++i) state = parser.feed("Name: value\r\n");
  CHECK(state == State::Malformed);
}

}  // namespace
}  // namespace animalctl::loadtest
