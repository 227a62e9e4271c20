#pragma once

#include <sys/socket.h>

#include <chrono>

#include "animalctl/http/url.h"

namespace animalctl::loadtest {

// Where connections go: one address of the host.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

// Looks the host up and returns the first address that accepts a connection within `timeout`, all addresses together.
// Throws Unavailable when the name is not known or none accepts. Blocks.
Endpoint find_endpoint(const http::Url& url, std::chrono::milliseconds timeout);

}  // namespace animalctl::loadtest
