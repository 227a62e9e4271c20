#include "label/server/request_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "animalctl/base/text.h"
#include "animalctl/http/content_type.h"
#include "animalctl/http/url.h"
#include "label/server/answers.h"

namespace animalctl::label {
namespace {

constexpr int kAnyPort = 80;

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

// The authority of an origin "http://host:port"; "" when it is none.
std::string_view authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

bool is_allowed_origin(const GuardSettings& settings, const std::string& origin) {
  return std::find(settings.origins.begin(), settings.origins.end(), origin) != settings.origins.end();
}

bool is_read(const http::Request& head) {
  return head.method == "GET" || head.method == "HEAD";
}

bool is_link(const http::Request& head) {
  return is_read(head) && head.header("Sec-Fetch-Mode").value_or("") == "navigate" &&
         head.header("Sec-Fetch-Dest").value_or("document") == "document";
}

}  // namespace

bool is_allowed_host(const GuardSettings& settings, std::string_view field) {
  const std::string host_field = to_lower(field);
  const std::optional<http::HostPort> host = http::parse_host_port(host_field, kAnyPort);
  if (!host || host->host.empty()) return false;
  if (host->host == "localhost" || host->host == "127.0.0.1" || host->host == "::1") return true;
  if (settings.numeric_hosts && is_numeric(host->host)) return true;
  return std::any_of(settings.hosts.begin(), settings.hosts.end(), [&](const std::string& allowed) {
    const std::string name = to_lower(allowed);
    return name == host->host || name == host_field;
  });
}

std::optional<http::Response> check_origin(const GuardSettings& settings, const http::Request& head) {
  const std::string host = head.header("Host").value_or("");
  if (!is_allowed_host(settings, host)) {
    return message_answer(421, "this server has not that name; add it to --allowed-hosts if it is meant to");
  }
  const std::optional<std::string> origin = head.header("Origin");
  if (origin) {
    if (is_allowed_origin(settings, *origin)) return std::nullopt;
    const std::string_view authority = authority_of(*origin);
    if (!authority.empty() && to_lower(authority) == to_lower(host)) return std::nullopt;
    return message_answer(403, "a page of another origin may not ask that");
  }
  const std::string site = to_lower(head.header("Sec-Fetch-Site").value_or("none"));
  if (site == "none" || site == "same-origin" || is_link(head)) return std::nullopt;
  if (site == "same-site" && settings.same_site_reads && is_read(head)) return std::nullopt;
  return message_answer(403, "a page of another site may not ask that");
}

std::optional<http::Response> check_content_type(const http::Request& head) {
  if (head.method != "POST") return std::nullopt;
  const std::optional<http::MediaType> type = http::parse_media_type(head.header("Content-Type").value_or(""));
  const std::string name = type ? type->type : "";
  if (head.path == "/api/import") {
    if (name.starts_with("image/") || name == "application/zip") return std::nullopt;
    return message_answer(415, "Content-Type must be image/jpeg, image/png, image/webp, image/bmp or application/zip");
  }
  if (name == "application/json") return std::nullopt;
  return message_answer(415, "Content-Type must be application/json");
}

}  // namespace animalctl::label
