#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/http/message.h"

namespace animalctl::label {

struct GuardSettings {
  // Names that may stand in Host, beside those of the loopback: "label.example.org", "label.example.org:8443". Without
  // a port: any. Any address in digits may when `numeric_hosts` is set: no name server leads there.
  std::vector<std::string> hosts;
  bool numeric_hosts = false;
  // Pages of these origins may call: "http://localhost:3000".
  std::vector<std::string> origins;
  // A page of the same site (another port of localhost) may show images: the seed's page beside its API.
  bool same_site_reads = false;
};

// What a browser tells of the page that asks. Refuses what no page of ours asks:
//  - Host: a name that is not ours, as in DNS rebinding: 421.
//  - Origin: another than the server's own (the authority of Host) and not allowed: 403. "null" is another.
//  - Sec-Fetch-Site (W3C Fetch Metadata): cross-site or same-site without an allowed Origin: 403, but for a person
//    following a link (Sec-Fetch-Mode: navigate, GET).
// Programs that are no browsers send neither Origin nor Sec-Fetch-Site. A pure function of its arguments.
std::optional<http::Response> check_origin(const GuardSettings& settings, const http::Request& head);

// POST: application/json, but for /api/import: an image or a zip. 415 otherwise. What a form of another site can send
// without being asked (text/plain, form data) is never among them.
std::optional<http::Response> check_content_type(const http::Request& head);

// Whether a Host field names this server.
bool is_allowed_host(const GuardSettings& settings, std::string_view host);

}  // namespace animalctl::label
