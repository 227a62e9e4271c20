#include "animalctl/http/cors.h"

#include <algorithm>

#include "animalctl/base/text.h"

namespace animalctl::http {
namespace {

bool is_any(const std::vector<std::string>& allowed) {
  return std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
}

bool contains_without_case(const std::vector<std::string>& allowed, std::string_view wanted) {
  const std::string lower = to_lower(wanted);
  return std::any_of(allowed.begin(), allowed.end(),
                     [&lower](const std::string& entry) { return to_lower(entry) == lower; });
}

bool origin_may_call(const CorsSettings& settings, const std::string& origin) {
  return is_any(settings.origins) || contains_without_case(settings.origins, origin);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool headers_are_allowed(const CorsSettings& settings, std::string_view asked) {
  if (is_any(settings.headers)) return true;
  for (const std::string& name : split(asked, ',')) {
    const std::string_view bare = trim(name);
    if (!bare.empty() && !contains_without_case(settings.headers, bare)) return false;
  }
  return true;
}

}  // namespace

void apply_cors(const CorsSettings& settings, const Request& request, Response& response) {
  if (settings.origins.empty()) return;
  // Browsers refuse an answer with the field twice: one to a preflight has it by now.
  if (find_header(response.headers, "Access-Control-Allow-Origin")) return;
  const bool any = is_any(settings.origins);
  // Caches must not give one origin's answer to another.
  if (!any) response.headers.emplace_back("Vary", "Origin");
  const std::optional<std::string> origin = request.header("Origin");
  if (!origin || !origin_may_call(settings, *origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", any ? "*" : *origin);
  if (settings.credentials && !any) response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
}

std::optional<Response> cors_preflight(const CorsSettings& settings, const Request& request,
                                       const std::vector<std::string>& route_methods) {
  if (settings.origins.empty() || request.method != "OPTIONS") return std::nullopt;
  const std::optional<std::string> origin = request.header("Origin");
  const std::optional<std::string> method = request.header("Access-Control-Request-Method");
  if (!origin || !method) return std::nullopt;
  const std::vector<std::string>& methods = settings.methods.empty() ? route_methods : settings.methods;
  const std::string asked = request.header("Access-Control-Request-Headers").value_or("");
  const bool method_allowed = is_any(methods) || contains_without_case(methods, *method);
  Response response;
  if (!origin_may_call(settings, *origin) || !method_allowed || !headers_are_allowed(settings, asked)) {
    response.status = 403;
    response.content_type = "text/plain";
    response.body = "This origin, method or header field is not allowed for calls from other pages (CORS).\n";
    return response;
  }
  response.status = 204;
  apply_cors(settings, request, response);
  response.headers.emplace_back("Access-Control-Allow-Methods", is_any(methods) ? *method : joined(methods));
  const std::string headers = is_any(settings.headers) ? asked : joined(settings.headers);
  if (!headers.empty()) response.headers.emplace_back("Access-Control-Allow-Headers", headers);
  response.headers.emplace_back("Access-Control-Max-Age", std::to_string(settings.max_age.count()));
  return response;
}

}  // namespace animalctl::http
