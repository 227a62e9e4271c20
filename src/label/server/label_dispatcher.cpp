#include "label/server/label_dispatcher.h"

#include <fmt/core.h>

#include <charconv>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "label/server/answers.h"

namespace animalctl::label {
namespace {

bool is_seed_call(std::string_view path) {
  return path == "/filelist" || path == "/label" || path.starts_with("/files/");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void add_missing(http::Response& response, std::string_view name, std::string_view value) {
  if (!http::find_header(response.headers, name)) response.headers.emplace_back(name, value);
}

}  // namespace

std::optional<Role> role_needed(std::string_view path) {
  if (path == "/api/import" || path == "/api/export") return Role::Admin;
  // What serves, and what the orchestrator does, is not every labeller's to change.
  const bool decides = path == "/api/v1/requests" || (path.starts_with("/api/v1/models/") &&
                                                      (path.ends_with("/promote") || path.ends_with("/rollback")));
  if (decides) return Role::Admin;
  const bool data = path.starts_with("/api/") || path.starts_with("/thumbnails/") || is_seed_call(path);
  return data ? std::optional(Role::Labeller) : std::nullopt;
}

LabelDispatcher::LabelDispatcher(http::Router router, const Access& access, RateLimit& rate, DispatchSettings settings)
    : router_(std::move(router)),
      access_(access),
      rate_(rate),
      settings_(std::move(settings)),
      own_pages_(settings_.guard) {
  own_pages_.origins.clear();
}

std::optional<http::Response> LabelDispatcher::admit(const http::Request& head) const {
  try {
    std::optional<http::Response> refused = check(head);
    if (!refused) return std::nullopt;
    return finish(*std::move(refused), &head);
  } catch (const std::exception& failure) {
    return finish(failure_answer(failure, head), &head);
  }
}

std::optional<http::Response> LabelDispatcher::check(const http::Request& head) const {
  if (auto refused = check_origin(is_seed_call(head.path) ? settings_.guard : own_pages_, head)) return refused;
  if (!rate_.take(head.remote_address)) {
    return message_answer(429, "too many requests from this address; wait a little");
  }
  const bool preflight = head.method == "OPTIONS" && head.header("Access-Control-Request-Method").has_value();
  if (preflight && is_seed_call(head.path)) return std::nullopt;
  if (auto refused = check_caller(head)) return refused;
  if (auto refused = check_content_type(head)) return refused;
  return check_body(head);
}

std::optional<http::Response> LabelDispatcher::check_caller(const http::Request& head) const {
  const std::optional<Role> needed = role_needed(head.path);
  if (!needed) return std::nullopt;
  const std::optional<Caller> caller = access_.caller_of(head);
  if (!caller) {
    http::Response response = message_answer(401,
                                             "a token is needed: open the link that label-server printed, or send "
                                             "Authorization: Bearer TOKEN");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  if (caller->may(*needed)) return std::nullopt;
  return message_answer(403, fmt::format("that needs the role {}", name_of(*needed)));
}

std::optional<http::Response> LabelDispatcher::check_body(const http::Request& head) const {
  const std::size_t most = head.path == "/api/import" ? settings_.max_import_bytes : settings_.max_json_bytes;
  if (head.header("Transfer-Encoding")) return message_answer(411, "say Content-Length: how many bytes are coming");
  if (head.header("Content-Encoding") && to_lower(*head.header("Content-Encoding")) != "identity") {
    return message_answer(415, "send the body as it is, without Content-Encoding");
  }
  const std::string length = head.header("Content-Length").value_or("0");
  std::uint64_t bytes = 0;
  const auto [end, problem] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (problem != std::errc() || end != length.data() + length.size() || bytes > most) {
    return message_answer(413, fmt::format("the body is larger than {} bytes", most));
  }
  return std::nullopt;
}

http::Response LabelDispatcher::answer(http::Request& request) const {
  try {
    return finish(route(request), &request);
  } catch (const std::exception& failure) {
    return finish(failure_answer(failure, request), &request);
  }
}

http::Response LabelDispatcher::route(http::Request& request) const {
  if (settings_.login && request.path == "/login") {
    if (request.method == "GET") return log_in(request);
    return message_answer(405, "GET /login?token=TOKEN");
  }
  http::Router::Match match = router_.find(request.method, request.path);
  if (is_seed_call(request.path)) {
    if (auto preflight = http::cors_preflight(settings_.cors, request, match.allowed)) return *std::move(preflight);
  }
  if (match.handler != nullptr) {
    request.parameters = std::move(match.parameters);
    return (*match.handler)(request);
  }
  if (match.allowed.empty()) return message_answer(404, "there is nothing at this address");
  http::Response response = message_answer(405, "this address does not offer that method");
  response.headers.emplace_back("Allow", joined(match.allowed));
  return response;
}

// The token leaves the address bar at once; the cookie is not sent along by pages of others.
http::Response LabelDispatcher::log_in(const http::Request& request) const {
  const std::string token = request.query_value("token").value_or("");
  const std::optional<Person> person = access_.person_of(token);
  if (access_.needs_token() && !person) {
    log::warning("a login with a wrong token", {{"address", request.remote_address}});
    return message_answer(401, "this token is not known; ask whoever started label-server for your link");
  }
  http::Response response;
  response.status = 303;
  response.headers.emplace_back("Location", "/");
  response.headers.emplace_back("Cache-Control", "no-store");
  if (person) {
    response.headers.emplace_back(
        "Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000{}", kTokenCookie,
                                  person->token, settings_.secure_cookie ? "; Secure" : ""));
  }
  return response;
}

http::Response LabelDispatcher::refuse(int status, std::string_view message) const {
  return finish(message_answer(status, message), nullptr);
}

http::Response LabelDispatcher::finish(http::Response response, const http::Request* request) const {
  if (request != nullptr && is_seed_call(request->path)) http::apply_cors(settings_.cors, *request, response);
  add_missing(response, "X-Content-Type-Options", "nosniff");
  add_missing(response, "Referrer-Policy", "no-referrer");
  add_missing(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add_missing(response, "Cache-Control", "no-store");
  add_missing(response, "Cross-Origin-Resource-Policy", settings_.guard.same_site_reads ? "same-site" : "same-origin");
  add_missing(response, "Cross-Origin-Opener-Policy", "same-origin");
  if (request != nullptr && log::settings().level == log::Level::Debug) {
    log::debug("answered", {{"method", request->method}, {"path", request->path}, {"status", response.status}});
  }
  return response;
}

}  // namespace animalctl::label
