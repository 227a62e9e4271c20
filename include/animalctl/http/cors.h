#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/http/message.h"

namespace animalctl::http {

// Which pages of other origins may call (the Fetch standard, "CORS protocol").
struct CorsSettings {
  std::vector<std::string> origins;  // "http://localhost:3000"; "*" alone: any; empty: none, no field is ever written
  std::vector<std::string> methods;  // empty: those of the route
  std::vector<std::string> headers;  // "*": any that is asked for
  bool credentials = false;          // cookies and Authorization may be sent; ignored where any origin may call
  std::chrono::seconds max_age{600};
};

// Adds Access-Control-Allow-Origin, -Credentials and Vary to an answer, where the request's Origin may call. An answer
// that has the first of them is left as it is.
void apply_cors(const CorsSettings& settings, const Request& request, Response& response);

// The answer to a preflight (OPTIONS with Origin and Access-Control-Request-Method): 204 with what is allowed, 403
// when origin, method or a header is not. Nothing when the request is no preflight or no origin is allowed at all.
// `route_methods`: what the path offers, Router::Match::allowed.
std::optional<Response> cors_preflight(const CorsSettings& settings, const Request& request,
                                       const std::vector<std::string>& route_methods);

}  // namespace animalctl::http
