#pragma once

#include <string>
#include <vector>

namespace animalctl::cli {

// A port that one of the parts will listen on.
struct PortUse {
  std::string flag;  // "--port"
  std::string what;  // "the labelling page"
  int* port = nullptr;
};

// Tries every port on `host` before anything is started; a port 0 becomes a free one, so that a part which is started
// again has the address that it had. Throws Unavailable that names every port in use, with its flag, and
// InvalidArgument for a host that is none or two flags with the same port.
void settle_ports(const std::string& host, const std::vector<PortUse>& ports);

// "127.0.0.1:8080", "[::1]:8080".
std::string host_and_port(const std::string& host, int port);
// Where this machine itself reaches a listener of `host`: the loopback for 0.0.0.0 and ::.
std::string reachable_host(const std::string& host);

}  // namespace animalctl::cli
