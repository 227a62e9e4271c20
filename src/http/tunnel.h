#pragma once

#include <chrono>
#include <string>

namespace animalctl::http {

// Asks the proxy at the other end of the connected `socket` for a tunnel to `authority` ("host:port", RFC 9110 §9.3.6).
// `credentials` is the value of Proxy-Authorization, or "". Returns the proxy's status, or 0 when it hung up, sent no
// HTTP or was silent for longer than `silence`.
int open_tunnel(int socket, const std::string& authority, const std::string& credentials,
                std::chrono::milliseconds silence);

}  // namespace animalctl::http
