#include "serve/answer.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <array>
#include <cstdint>
#include <new>

#include <nlohmann/json.hpp>

#include "animalctl/base/log.h"
#include "serve/inference_service.h"
#include "serve/model_manager.h"

namespace animalctl::serve {
namespace {

struct ErrorShape {
  int status;
  std::string_view type;
};

ErrorShape shape_of(ModelFailure failure) {
  switch (failure) {
    case ModelFailure::ModelNotFound:
      return {404, "ModelNotFoundException"};
    case ModelFailure::VersionNotFound:
      return {404, "ModelVersionNotFoundException"};
    case ModelFailure::AlreadyRegistered:
      return {409, "ConflictStatusException"};
    case ModelFailure::DefaultVersion:
      return {403, "InvalidModelVersionException"};
    case ModelFailure::DownloadFailed:
      return {400, "DownloadArchiveException"};
    case ModelFailure::InvalidModel:
      return {400, "ModelException"};
    case ModelFailure::NotReadyInTime:
      break;
  }
  return {500, "InternalServerException"};
}

std::string_view type_of(int status) {
  switch (status) {
    case 400:
      return "BadRequestException";
    case 404:
      return "ResourceNotFoundException";
    case 405:
      return "MethodNotAllowedException";
    case 408:
      return "RequestTimeoutException";
    case 409:
      return "ConflictStatusException";
    case 413:
      return "RequestEntityTooLargeException";
    case 501:
      return "NotImplementedException";
    case 503:
      return "ServiceUnavailableException";
    case 507:
      return "OutOfMemoryError";
    default:
      return status < 500 ? "BadRequestException" : "InternalServerException";
  }
}

http::Response internal_answer(std::string_view what) {
  log::error("a request failed", {{"reason", what}});
  return error_answer(500, "InternalServerException", "The request could not be answered; the server's log says why.");
}

}  // namespace

ApiError::ApiError(int status, std::string type, const std::string& message)
    : Error(status < 500 ? ErrorCode::InvalidArgument : ErrorCode::Unavailable, message),
      status_(status),
      type_(std::move(type)) {}

ApiError bad_request(const std::string& message) {
  return {400, "BadRequestException", message};
}

http::Response json_answer(int status, const nlohmann::ordered_json& json) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  response.body += '\n';
  response.close = status >= 400;
  return response;
}

http::Response status_answer(int status, std::string_view text) {
  return json_answer(status, {{"status", text}});
}

http::Response error_answer(int status, std::string_view type, std::string_view message) {
  if (type.empty()) type = type_of(status);
  http::Response response = json_answer(status, {{"code", status}, {"type", type}, {"message", message}});
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response failure_answer(const std::exception& failure) {
  if (const auto* api = dynamic_cast<const ApiError*>(&failure)) {
    return error_answer(api->status(), api->type(), api->message());
  }
  if (const auto* model = dynamic_cast<const ModelError*>(&failure)) {
    const ErrorShape shape = shape_of(model->failure());
    return error_answer(shape.status, shape.type, model->message());
  }
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
    return error_answer(507, "OutOfMemoryError", "There is not enough memory for the request.");
  }
  const auto* error = dynamic_cast<const Error*>(&failure);
  if (error == nullptr || error->code() == ErrorCode::Internal) return internal_answer(failure.what());
  const Refusal refusal = refusal_of(*error);
  // A client that has gone reads nothing; whoever is still there is told that the server is ending.
  const int status = refusal.status == 499 ? 503 : refusal.status;
  return error_answer(status, "", error->message());
}

void add_common_headers(http::Response& response) {
  const auto add = [&](const char* name, std::string value) {
    if (!http::find_header(response.headers, name)) response.headers.emplace_back(name, std::move(value));
  };
  if (!http::find_header(response.headers, "x-request-id")) add("x-request-id", new_request_id());
  add("Pragma", "no-cache");
  add("Cache-Control", "no-cache; no-store, must-revalidate, private");
  add("Expires", "Thu, 01 Jan 1970 00:00:00 UTC");
  if (response.status >= 400) response.close = true;
}

std::string new_request_id() {
  std::array<std::uint8_t, 16> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorCode::Internal, "the system gives no random numbers");
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 0x0FU];
  }
  return text;
}

}  // namespace animalctl::serve
