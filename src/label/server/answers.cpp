#include "label/server/answers.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/http/error_map.h"

namespace animalctl::label {

http::Response json_answer(int status, const nlohmann::ordered_json& json) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

http::Response message_answer(int status, std::string_view message) {
  http::Response response = json_answer(status, {{"message", message}});
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response failure_answer(const std::exception& failure, const http::Request& request) {
  const auto* error = dynamic_cast<const Error*>(&failure);
  const ErrorCode code = error == nullptr ? ErrorCode::Internal : error->code();
  // A limit that is met here is the disk's: bodies were measured before.
  const int status = code == ErrorCode::ResourceExhausted ? 507 : http::status_of(code);
  if (status != 500) return message_answer(status, error->message());
  log::error("a request failed", {{"method", request.method}, {"path", request.path}, {"error", failure.what()}});
  return message_answer(500, "the server failed to answer; its log says why");
}

}  // namespace animalctl::label
