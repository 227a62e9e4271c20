#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "animalctl/http/cors.h"
#include "animalctl/http/router.h"
#include "serve/metrics.h"
#include "serve/model_manager.h"
#include "serve/tokens.h"

namespace animalctl::serve {

// What the listeners of the model server share. All of it must outlive them.
struct DispatchContext {
  const ModelManager& models;
  Metrics& metrics;
  const Tokens* tokens = nullptr;  // null: none are needed
  const http::CorsSettings& cors;
  std::size_t max_response_size = std::size_t{6'553'500};  // bytes
  std::function<bool()> starting;                          // true: models are still being loaded; empty: never
};

// Answers the requests of one listener by its routes, in the form its callers know: TorchServe's errors, or
// {"error":"…"} below /v2. Thread-safe.
class Dispatcher {
 public:
  Dispatcher(http::Router router, DispatchContext context) : router_(std::move(router)), context_(std::move(context)) {}

  // Decides by the head alone: 400 without the right token, 503 while starting, with a full queue or without a worker.
  std::optional<http::Response> admit(const http::Request& head) const;
  // Finds the route, fills in `request.parameters` and calls it. Never throws.
  http::Response answer(http::Request& request) const;
  // What the server itself refuses.
  http::Response refuse(int status, std::string_view message) const;

 private:
  std::optional<http::Response> check_token(const http::Request& head) const;
  std::optional<http::Response> check_load(const http::Request& head) const;
  http::Response route(http::Request& request) const;
  // Adds what every answer has, and counts it.
  http::Response finish(http::Response response, const http::Request* request) const;

  const http::Router router_;
  const DispatchContext context_;
};

}  // namespace animalctl::serve
