#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "loadtest/response_parser.h"

namespace {

using animalctl::loadtest::ResponseParser;

// The status of the response, or 0 when it is not complete. Whether an incomplete one is called malformed or cut short
// depends on how much of it came at once.
int status_of(std::string_view bytes, std::size_t piece) {
  ResponseParser parser;
  parser.start();
  auto state = ResponseParser::State::NeedMore;
  while (!bytes.empty() && state == ResponseParser::State::NeedMore) {
    state = parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (state == ResponseParser::State::NeedMore) state = parser.end_of_stream();
  if (state != ResponseParser::State::Complete) return 0;
  if (parser.status() < 100 || parser.status() > 999) std::abort();
  return parser.status();
}

}  // namespace

// The pieces in which the network delivers a response change nothing about it, and a complete one has a status of three
// digits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] % 17 + std::size_t{1};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (status_of(bytes, bytes.size() + 1) != status_of(bytes, piece)) std::abort();
  return 0;
}
