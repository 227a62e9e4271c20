#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace animalctl::http {

// An http or https address, taken apart (RFC 3986). The fragment is dropped: servers never see it.
struct Url {
  std::string scheme;  // "http" or "https", lower case
  std::string user;    // percent-decoded; "" when there is none
  std::string password;
  std::string host;  // lower case; an IPv6 address stands without brackets
  int port = 0;      // always set: 80 or 443 when the text has none
  std::string path;  // with the query, percent-encoded as given; starts with '/'

  bool operator==(const Url&) const = default;

  bool secure() const { return scheme == "https"; }
  // "host", or "host:port" when the port is not the scheme's own; what the Host header carries.
  std::string authority() const;
  // The address without user and password, so that it may be logged.
  std::string text() const;
};

// Throws InvalidArgument when the text is no http(s) address or holds spaces or control characters, which would
// otherwise reach the request line.
Url parse_url(std::string_view text);

// Where a Location header leads from `base`: absolute, "//host/…", "/path", "?query" or relative to base's folder.
// User and password are kept only on the same scheme, host and port. Throws as parse_url does.
Url resolve_location(const Url& base, std::string_view location);

// Undoes percent-encoding; a '%' without two hexadecimal digits stays.
std::string percent_decode(std::string_view text);

// "host", "host:port", "[v6]:port" → host and port. Nothing when the port is no number from 1 to 65535.
struct HostPort {
  std::string host;
  int port = 0;
};
std::optional<HostPort> parse_host_port(std::string_view text, int default_port);

}  // namespace animalctl::http
