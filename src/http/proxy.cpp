#include "animalctl/http/proxy.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl::http {
namespace {

constexpr int kDefaultProxyPort = 1080;  // curl's

struct Address {
  std::array<unsigned char, 16> bytes{};
  int bits = 0;  // 32, 128, or 0: not an address
};

Address parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) address.bits = 32;
  if (address.bits == 0 && inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) address.bits = 128;
  return address;
}

// `range` is "10.0.0.0/8" or "fd00::/8".
bool in_range(const std::string& host, std::string_view range) {
  const std::size_t slash = range.find('/');
  if (slash == std::string_view::npos) return false;
  const Address first = parse_address(std::string(range.substr(0, slash)));
  const Address address = parse_address(host);
  int length = 0;
  const char* const end = range.data() + range.size();
  const auto [stop, code] = std::from_chars(range.data() + slash + 1, end, length);
  if (code != std::errc() || stop != end || first.bits == 0 || first.bits != address.bits) return false;
  if (length < 0 || length > first.bits) return false;
  for (int bit = 0; bit < length; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((first.bytes[byte] & mask) != (address.bytes[byte] & mask)) return false;
  }
  return true;
}

bool names_host(std::string_view entry, const Url& target) {
  if (entry == "*" || in_range(target.host, entry)) return true;
  // An address without brackets has colons of its own and cannot carry a port.
  if (parse_address(std::string(entry)).bits != 0) return entry == target.host;
  const auto place = parse_host_port(entry, target.port);
  if (!place || place->port != target.port) return false;
  std::string_view domain = place->host;
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty()) return false;
  if (target.host == domain) return true;
  return target.host.size() > domain.size() && target.host.ends_with(domain) &&
         target.host[target.host.size() - domain.size() - 1] == '.';
}

bool goes_direct(const Url& target, const std::string& no_proxy) {
  for (const std::string& entry : split(no_proxy, ',')) {
    const std::string name = to_lower(trim(entry));
    if (!name.empty() && names_host(name, target)) return true;
  }
  return false;
}

struct Variable {
  std::string name;
  std::string value;
};

std::optional<Variable> find_variable(const std::string& name, const Environment& environment) {
  for (const std::string& spelling : {name, to_upper(name)}) {
    if (spelling == "HTTP_PROXY" && environment("REQUEST_METHOD")) continue;
    const auto value = environment(spelling);
    if (value && !value->empty()) return Variable{spelling, *value};
  }
  return std::nullopt;
}

Proxy parse_proxy(const Variable& variable) {
  std::string_view text = trim(variable.value);
  const std::size_t separator = text.find("://");
  if (separator != std::string_view::npos) {
    const std::string scheme = to_lower(text.substr(0, separator));
    if (scheme != "http") {
      throw Error(ErrorCode::Unimplemented,
                  fmt::format("{} names a proxy of the kind \"{}\"; only http proxies (http://host:port) are supported",
                              variable.name, scheme));
    }
    text.remove_prefix(separator + 3);
  }
  Proxy proxy;
  text = text.substr(0, text.find('/'));
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view info = text.substr(0, at);
    const std::size_t colon = info.find(':');
    proxy.user = percent_decode(info.substr(0, colon));
    if (colon != std::string_view::npos) proxy.password = percent_decode(info.substr(colon + 1));
    text.remove_prefix(at + 1);
  }
  const auto place = parse_host_port(text, kDefaultProxyPort);
  if (!place) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("{}: \"{}\" is not a proxy; write http://host:port or http://user:password@host:port, or unset it",
                    variable.name, text));
  }
  proxy.host = place->host;
  proxy.port = place->port;
  return proxy;
}

}  // namespace

std::optional<Proxy> select_proxy(const Url& target, const Environment& environment) {
  const auto no_proxy = find_variable("no_proxy", environment);
  if (no_proxy && goes_direct(target, no_proxy->value)) return std::nullopt;
  auto variable = find_variable(target.scheme + "_proxy", environment);
  if (!variable) variable = find_variable("all_proxy", environment);
  if (!variable) return std::nullopt;
  return parse_proxy(*variable);
}

}  // namespace animalctl::http
