#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/base/text.h"
#include "animalctl/http/server.h"
#include "http/answerer.h"
#include "http/message_codec.h"
#include "http/request_reader.h"

namespace {

using namespace animalctl::http;

constexpr std::size_t kMaxBody = 10'000;

struct Outcome {
  std::vector<std::string> answers;
  int refused = 0;

  bool operator==(const Outcome&) const = default;
};

// A connection's bytes, in pieces, through all that lies between the socket and the handler, and back.
Outcome serve(std::string_view bytes, std::size_t piece) {
  static const ServerOptions options = [] {
    ServerOptions limited;
    limited.max_body_bytes = kMaxBody;
    return limited;
  }();
  static const Answerer answerer(options, [](const Request& request) {
    if (!animalctl::is_utf8(request.path)) std::abort();
    std::size_t size = request.body.size();
    for (const Part& part : request.parts) size += part.content.size();
    if (size > kMaxBody) std::abort();
    Response response;
    response.headers = request.headers;  // what a client sends must not make lines of its own in an answer
    response.content_type = "text/plain";
    response.body = request.body;
    return response;
  });
  static MessageCodec codec;
  Outcome outcome;
  RequestReader reader(kMaxBody);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view rest = bytes.substr(at, piece);
    while (!rest.empty() && reader.state() != RequestReader::State::Refused) {
      rest.remove_prefix(reader.feed(rest));
      if (reader.state() == RequestReader::State::HeadDone) reader.read_body();
      if (reader.state() != RequestReader::State::Complete) continue;
      Request request;
      request.method = reader.head().method;
      request.path = reader.head().target.path;
      request.query = reader.head().target.query;
      request.headers = reader.head().headers;
      std::string output;
      codec.write(answerer.answer(request, reader.head(), reader.take_body(), codec), {}, output);
      const std::size_t head = output.find("\r\n\r\n");
      if (head == std::string::npos || !output.starts_with("HTTP/1.1 ")) std::abort();
      outcome.answers.push_back(std::move(output));
      reader.reset();
    }
  }
  if (reader.state() == RequestReader::State::Refused) outcome.refused = reader.refusal().status;
  return outcome;
}

}  // namespace

// Any bytes give the same answers whatever the pieces in which they come.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = serve(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}}) {
    const Outcome pieces = serve(bytes, piece);
    // A head over two limits may pass either first.
    if (whole.answers != pieces.answers || (whole.refused == 0) != (pieces.refused == 0)) std::abort();
  }
  return 0;
}
