#pragma once

#include <optional>
#include <string_view>

#include "animalctl/http/cors.h"
#include "animalctl/http/router.h"
#include "label/server/access.h"
#include "label/server/rate_limit.h"
#include "label/server/request_guard.h"

namespace animalctl::label {

struct DispatchSettings {
  GuardSettings guard;
  http::CorsSettings cors;  // for the seed's calls alone
  bool login = false;       // GET /login sets the cookie
  bool secure_cookie = false;
  std::size_t max_json_bytes = std::size_t{2} << 20;
  std::size_t max_import_bytes = std::size_t{256} << 20;
};

// Stands before the routes of one port: whether a request may be asked at all is decided from its head, before its body
// is read, and in this order: Host and Origin (421, 403), rate (429), token and role (401, 403), type and size of the
// body (415, 411, 413). Adds what every answer has. Thread-safe.
class LabelDispatcher {
 public:
  // `access` and `rate` must outlive this.
  LabelDispatcher(http::Router router, const Access& access, RateLimit& rate, DispatchSettings settings);

  std::optional<http::Response> admit(const http::Request& head) const;
  // Finds the route, fills in `request.parameters` and calls it. Never throws.
  http::Response answer(http::Request& request) const;
  // What the server itself refuses.
  http::Response refuse(int status, std::string_view message) const;

 private:
  std::optional<http::Response> check(const http::Request& head) const;
  std::optional<http::Response> check_caller(const http::Request& head) const;
  std::optional<http::Response> check_body(const http::Request& head) const;
  http::Response route(http::Request& request) const;
  http::Response log_in(const http::Request& request) const;
  http::Response finish(http::Response response, const http::Request* request) const;

  const http::Router router_;
  const Access& access_;
  RateLimit& rate_;
  const DispatchSettings settings_;
  GuardSettings own_pages_;  // as settings_.guard, without other origins
};

// What a path needs: nothing for the page itself, its description and /health.
std::optional<Role> role_needed(std::string_view path);

}  // namespace animalctl::label
