#pragma once

// The only include of cpp-httplib. Debian ships it as a split header and a shared object: without the package's own
// macros (pkg-config's Cflags) the classes have another layout here than there, and the program crashes.
#include <httplib.h>

#include <functional>
#include <string>

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error "cpp-httplib must be used with the Cflags of its pkg-config file: link animalctl::httplib"
#endif

namespace animalctl {

// cpp-httplib's server without its sockets and threads: one message from a stream of ours, its answer into the stream.
class HttplibMessages : public httplib::Server {
 public:
  bool process(httplib::Stream& stream) { return process_with(stream, std::string()); }

 private:
  // 0.18 is given the addresses, 0.11 asks the stream for them. A template in both, so that only the call that
  // exists is compiled.
  template <typename Stream, typename Address>
  bool process_with(Stream& stream, const Address& nowhere) {
    bool closed = false;
    const std::function<void(httplib::Request&)> nothing;
    if constexpr (requires { this->process_request(stream, nowhere, 0, nowhere, 0, false, closed, nothing); }) {
      return this->process_request(stream, nowhere, 0, nowhere, 0, false, closed, nothing);
    } else {
      return this->process_request(stream, false, closed, nothing);
    }
  }
};

}  // namespace animalctl
