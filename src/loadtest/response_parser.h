#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace animalctl::loadtest {

// Reads one HTTP/1.x response (RFC 9112) from whatever pieces the network gives, and keeps of it only what a load
// generator counts: the status, and whether the connection may be used again. Fields and body are checked for form and
// dropped. Interim responses (1xx) are skipped. The grammar is Boost.Beast's; the head may be 64 KiB long, the body of
// any length. Not thread-safe.
class ResponseParser {
 public:
  ResponseParser();
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // Begins a new response. `to_head`: of a HEAD request, which has no body whatever its fields say.
  void start(bool to_head = false);

  enum class State { NeedMore, Complete, Malformed };
  // Takes the next bytes. Bytes after the end of the response are left over, see `surplus`. Not to be called again
  // after Complete or Malformed.
  State feed(std::string_view bytes);
  // The connection ended: Complete when the body was to end so, NeedMore when it was cut short.
  State end_of_stream();

  // Of the last complete response.
  int status() const;
  // False with "Connection: close", HTTP/1.0, a body that ended with the connection, or bytes after the end.
  bool reusable() const;
  // True once a byte of the response has come.
  bool begun() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace animalctl::loadtest
