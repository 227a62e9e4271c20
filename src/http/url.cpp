#include "animalctl/http/url.h"

#include <fmt/core.h>

#include <charconv>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "http/target.h"

namespace animalctl::http {
namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;

// What may be shown of a text that is no address: never the part that could hold a password.
std::string shown(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return std::string(at == std::string_view::npos ? text : text.substr(at + 1));
}

[[noreturn]] void refuse_url(std::string_view text, std::string_view reason) {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("\"{}\" is not an address: {}; give one like https://host/folder/file", shown(text), reason));
}

// Folds "." and ".." of a path (RFC 3986 §5.2.4); the query stays as it is.
std::string remove_dot_segments(std::string_view path) {
  const std::size_t query = path.find('?');
  std::vector<std::string> kept;
  const std::vector<std::string> segments = split(path.substr(0, query), '/');
  for (std::size_t i = 1; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
      if (last) kept.emplace_back();
    } else if (segments[i] == ".") {
      if (last) kept.emplace_back();
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string folded;
  for (const std::string& segment : kept) folded += "/" + segment;
  if (folded.empty()) folded = "/";
  return folded + std::string(query == std::string_view::npos ? "" : path.substr(query));
}

void parse_user_info(std::string_view info, Url& url) {
  const std::size_t colon = info.find(':');
  url.user = percent_decode(info.substr(0, colon));
  if (colon != std::string_view::npos) url.password = percent_decode(info.substr(colon + 1));
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0) {
      decoded.push_back(text[i]);
    } else {
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return decoded;
}

std::optional<HostPort> parse_host_port(std::string_view text, int default_port) {
  HostPort result{"", default_port};
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = to_lower(text.substr(1, end - 1));
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    result.host = to_lower(text.substr(0, colon));
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (result.host.empty()) return std::nullopt;
  if (rest.empty() || rest == ":") return result;
  const char* const end = rest.data() + rest.size();
  const auto [stop, code] = std::from_chars(rest.data() + 1, end, result.port);
  const bool good = rest.front() == ':' && code == std::errc() && stop == end && result.port > 0 && result.port < 65536;
  return good ? std::optional(result) : std::nullopt;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const bool own_port = port == (secure() ? kHttpsPort : kHttpPort);
  return own_port ? name : fmt::format("{}:{}", name, port);
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", scheme, authority(), path);
}

Url parse_url(std::string_view text) {
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte <= 0x20 || byte >= 0x7F) refuse_url(text, "it holds a space or a character that must be percent-encoded");
  }
  const std::size_t separator = text.find("://");
  if (separator == std::string_view::npos) refuse_url(text, "it does not start with http:// or https://");
  Url url;
  url.scheme = to_lower(text.substr(0, separator));
  if (url.scheme != "http" && url.scheme != "https") refuse_url(text, "only http and https are known");
  std::string_view rest = text.substr(separator + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    parse_user_info(authority.substr(0, at), url);
    authority.remove_prefix(at + 1);
  }
  const auto place = parse_host_port(authority, url.secure() ? kHttpsPort : kHttpPort);
  if (!place) refuse_url(text, "host or port is missing or wrong");
  url.host = place->host;
  url.port = place->port;
  url.path = path == std::string_view::npos ? "/" : std::string(rest.substr(path));
  if (url.path.front() == '?') url.path.insert(0, "/");
  return url;
}

Url resolve_location(const Url& base, std::string_view location) {
  location = location.substr(0, location.find('#'));
  const std::size_t colon = location.find(':');
  std::string absolute;
  if (colon != std::string_view::npos && colon < location.find_first_of("/?")) {
    absolute = location;
  } else if (location.starts_with("//")) {
    absolute = base.scheme + ":" + std::string(location);
  } else {
    const std::string folder = base.path.substr(0, base.path.find('?'));
    std::string path(location);
    if (location.empty()) path = base.path;
    if (location.starts_with('?')) path = folder + path;
    if (!path.starts_with('/')) path = folder.substr(0, folder.rfind('/') + 1) + path;
    absolute = fmt::format("{}://{}{}", base.scheme, base.authority(), remove_dot_segments(path));
  }
  Url url = parse_url(absolute);
  if (url.user.empty() && url.scheme == base.scheme && url.host == base.host && url.port == base.port) {
    url.user = base.user;
    url.password = base.password;
  }
  return url;
}

}  // namespace animalctl::http
