#include "serve/dispatcher.h"

#include <fmt/core.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "animalctl/base/log.h"
#include "serve/answer.h"

namespace animalctl::serve {
namespace {

bool is_open_inference(std::string_view path) {
  return path == "/v2" || path.starts_with("/v2/");
}

// Questions that say nothing of models or images: probes of an orchestrator carry no token.
bool is_free(const http::Request& head) {
  if (head.method == "OPTIONS") return head.path == "/";
  return head.path == "/ping" || head.path == "/api-description" || head.path == "/v2/health/live" ||
         head.path == "/v2/health/ready" || head.path == "/metrics";
}

TokenUse token_use(const http::Request& head) {
  if (head.path == "/token") return TokenUse::Api;
  const bool models = head.path == "/models" || (head.path.starts_with("/models/") && !head.path.ends_with("/invoke"));
  return models || head.path.starts_with("/v2/repository/models/") ? TokenUse::Management : TokenUse::Inference;
}

bool is_prediction(const http::Request& head) {
  return (head.method == "POST" || head.method == "PUT") && token_use(head) == TokenUse::Inference;
}

// An error in the form of the path's protocol.
http::Response shaped(std::string_view path, int status, std::string_view type, std::string_view message) {
  if (!is_open_inference(path)) return error_answer(status, type, message);
  http::Response response = json_answer(status, {{"error", message}});
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response shaped(std::string_view path, const std::exception& failure) {
  http::Response response = failure_answer(failure);
  if (!is_open_inference(path)) return response;
  return shaped(path, response.status, "", nlohmann::json::parse(response.body)["message"].get<std::string>());
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::optional<http::Response> Dispatcher::admit(const http::Request& head) const {
  if (auto refused = check_token(head)) return finish(std::move(*refused), &head);
  if (context_.starting && context_.starting() && !is_free(head)) {
    return finish(shaped(head.path, 503, "ServiceUnavailableException", "The server is starting; try again soon."),
                  &head);
  }
  if (auto refused = check_load(head)) return finish(std::move(*refused), &head);
  return std::nullopt;
}

std::optional<http::Response> Dispatcher::check_token(const http::Request& head) const {
  if (context_.tokens == nullptr || is_free(head)) return std::nullopt;
  const bool preflight = head.method == "OPTIONS" && head.header("Access-Control-Request-Method").has_value();
  if (preflight && !context_.cors.origins.empty()) return std::nullopt;
  if (context_.tokens->accepts(token_use(head), head.header("Authorization"))) return std::nullopt;
  return shaped(head.path, 400, "InvalidKeyException", kTokenFailed);
}

std::optional<http::Response> Dispatcher::check_load(const http::Request& head) const {
  if (!is_prediction(head)) return std::nullopt;
  const http::Router::Match match = router_.find(head.method, head.path);
  const auto model = match.parameters.find("model");
  if (match.handler == nullptr || model == match.parameters.end()) return std::nullopt;
  const auto version = match.parameters.find("version");
  std::shared_ptr<ModelVersion> found;
  try {
    found = context_.models.find(model->second, version == match.parameters.end() ? "" : version->second);
  } catch (const ModelError&) {
    return std::nullopt;  // the route says it in its own words
  }
  if (!found->would_refuse()) return std::nullopt;
  const VersionFacts& facts = found->facts();
  const bool no_worker = found->workers().empty();
  context_.metrics.refused(facts, 503, no_worker ? "no_worker" : "queue_full");
  return shaped(head.path, 503, "ServiceUnavailableException",
                no_worker
                    ? fmt::format("Model \"{}\" has no worker to serve inference request. Please use scale workers "
                                  "API to add workers.",
                                  facts.model)
                    : fmt::format("Model \"{}\" version {} has as many requests waiting as its queue holds. Please "
                                  "try again.",
                                  facts.model, facts.version));
}

http::Response Dispatcher::answer(http::Request& request) const {
  try {
    return finish(route(request), &request);
  } catch (const std::exception& failure) {
    return finish(shaped(request.path, failure), &request);
  }
}

http::Response Dispatcher::route(http::Request& request) const {
  http::Router::Match match = router_.find(request.method, request.path);
  if (auto preflight = http::cors_preflight(context_.cors, request, match.allowed)) return std::move(*preflight);
  if (match.handler != nullptr) {
    request.parameters = std::move(match.parameters);
    return (*match.handler)(request);
  }
  if (match.allowed.empty()) return shaped(request.path, 404, "ResourceNotFoundException", kNoRoute);
  http::Response response = shaped(request.path, 405, "MethodNotAllowedException", kNoMethod);
  response.headers.emplace_back("Allow", joined(match.allowed));
  return response;
}

http::Response Dispatcher::refuse(int status, std::string_view message) const {
  return finish(error_answer(status, "", message), nullptr);
}

http::Response Dispatcher::finish(http::Response response, const http::Request* request) const {
  if (response.status < 400 && response.body.size() > context_.max_response_size && request != nullptr &&
      request->path != "/metrics") {
    response = shaped(request->path, 500, "InternalServerException",
                      fmt::format("The answer has {} bytes, more than max_response_size.", response.body.size()));
  }
  if (request != nullptr) http::apply_cors(context_.cors, *request, response);
  add_common_headers(response);
  context_.metrics.answered(response.status);
  if (log::settings().level == log::Level::Debug && request != nullptr) {
    log::debug("answered", {{"method", request->method}, {"path", request->path}, {"status", response.status}});
  }
  return response;
}

}  // namespace animalctl::serve
