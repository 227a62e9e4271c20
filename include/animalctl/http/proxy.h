#pragma once

#include <functional>
#include <optional>
#include <string>

#include "animalctl/http/url.h"

namespace animalctl::http {

// The server through which a request goes: plain http, with CONNECT for https targets.
struct Proxy {
  std::string host;
  int port = 0;
  std::string user;  // percent-decoded; "" when the proxy asks for none
  std::string password;

  bool operator==(const Proxy&) const = default;
};

// Looks an environment variable up; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The proxy that the environment asks for, as curl reads it: https_proxy or http_proxy after the target's scheme,
// then all_proxy; lower case before upper case; empty means none. A target that no_proxy names goes direct: "*",
// a host, a domain with all below it (with or without the leading dot), an address, a range (10.0.0.0/8), each with
// an optional :port; comma separated. HTTP_PROXY is not read inside a CGI program, where a client could set it.
// Throws InvalidArgument for a proxy address that is wrong, Unimplemented for another kind of proxy than http.
std::optional<Proxy> select_proxy(const Url& target, const Environment& environment);

}  // namespace animalctl::http
