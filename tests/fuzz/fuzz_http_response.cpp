#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "loadtest/response_parser.h"

namespace {

using animalctl::loadtest::ResponseParser;

// What a connection would be told: the state, and what follows from it.
struct Outcome {
  ResponseParser::State state = ResponseParser::State::NeedMore;
  int status = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t piece) {
  ResponseParser parser;
  parser.start();
  Outcome outcome;
  while (!bytes.empty() && outcome.state == ResponseParser::State::NeedMore) {
    outcome.state = parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (outcome.state == ResponseParser::State::NeedMore) outcome.state = parser.end_of_stream();
  if (outcome.state == ResponseParser::State::Complete) outcome.status = parser.status();
  return outcome;
}

}  // namespace

// The pieces in which the network delivers a response change nothing about it, and a complete one has a status of three
// digits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] % 17 + std::size_t{1};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = read(bytes, bytes.size() + 1);
  if (whole != read(bytes, piece)) std::abort();
  const bool complete = whole.state == ResponseParser::State::Complete;
  if (complete && (whole.status < 100 || whole.status > 999)) std::abort();
  return 0;
}
