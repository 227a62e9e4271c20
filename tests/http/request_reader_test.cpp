// The reader alone: whatever the pieces in which bytes come, the same requests come out.
#include "http/request_reader.h"

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using http::RequestReader;

struct Read {
  std::vector<std::string> requests;  // "METHOD path body"
  int refused = 0;
  bool begun = false;  // of a request that is not complete

  bool operator==(const Read&) const = default;
};

Read read_in_pieces(const std::string& bytes, std::size_t piece) {
  Read read;
  RequestReader reader(100);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view rest = std::string_view(bytes).substr(at, piece);
    while (!rest.empty() && reader.state() != RequestReader::State::Refused) {
      rest.remove_prefix(reader.feed(rest));
      if (reader.state() == RequestReader::State::HeadDone) reader.read_body();
      if (reader.state() != RequestReader::State::Complete) continue;
      read.requests.push_back(reader.head().method + " " + reader.head().target.path + " " + reader.take_body());
      reader.reset();
    }
  }
  if (reader.state() == RequestReader::State::Refused) read.refused = reader.refusal().status;
  read.begun = reader.begun();
  return read;
}

TEST_CASE("requests are the same in one piece and byte by byte", "[http]") {
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string post = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunked =
      "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n";
  const std::vector<std::string> inputs = {
      get + post + chunked + get,
      "\r\n" + get + "\r\n\r\n\r\n" + post,
      "\r\n\r\n\r\n\r\n" + get,
      "\r\n\r\n\r\n\r\n\r\n" + get,
      get + "\rX",
      get + "\r",
      get + "\n",
      post + "GET /half HTTP/1.1\r\nHos",
      chunked.substr(0, chunked.size() - 1),
      chunked.substr(0, chunked.size() - 9) + "X",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\nContent-Length: 1\r\n\r\nx",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n" + std::string(50, 'x') + "\r\n33\r\n",
  };
  for (const std::string& input : inputs) {
    INFO(input);
    const Read whole = read_in_pieces(input, input.size());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{50}}) {
      CHECK(read_in_pieces(input, piece) == whole);
    }
  }
  const Read all = read_in_pieces(inputs[0], 5);
  CHECK(all.requests == std::vector<std::string>{"GET /a ", "POST /b hello", "PUT /c abcde", "GET /a "});
  CHECK_FALSE(all.begun);
  CHECK(read_in_pieces(inputs[3], 1).refused == 400);
  CHECK(read_in_pieces(inputs[7], 1).begun);
  CHECK(read_in_pieces(inputs[10], 1).refused == 413);
  CHECK(read_in_pieces(inputs[12], 1).refused == 413);
}

TEST_CASE("a line end alone does not begin a request", "[http]") {
  RequestReader reader(100);
  CHECK(reader.feed("\r\n\r") == 3);
  CHECK_FALSE(reader.begun());
  CHECK(reader.feed("\nG") == 2);
  CHECK(reader.begun());
}

TEST_CASE("a head of the largest size is read, one byte more is refused", "[http]") {
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string fits = start + std::string(http::kMaxHeadBytes - start.size() - 4, 'x') + "\r\n\r\n";
  CHECK(read_in_pieces(fits, fits.size()).requests.size() == 1);
  CHECK(read_in_pieces(fits, 1000).requests.size() == 1);
  const std::string larger = start + std::string(http::kMaxHeadBytes - start.size() - 3, 'x') + "\r\n\r\n";
  CHECK(read_in_pieces(larger, larger.size()).refused == 431);
  CHECK(read_in_pieces(larger, 1000).refused == 431);
  const std::string path = "GET /" + std::string(http::kMaxTargetBytes - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  CHECK(read_in_pieces(path, path.size()).requests.size() == 1);
}

TEST_CASE("a request line that is too long is refused at once, in one piece as in many", "[http]") {
  const std::string line = "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n";
  CHECK(read_in_pieces(line, line.size()).refused == 414);
  CHECK(read_in_pieces(line, 13).refused == 414);
}

}  // namespace
}  // namespace animalctl::test
