#pragma once

#include <exception>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/base/error.h"
#include "animalctl/http/message.h"

namespace animalctl::serve {

// TorchServe's texts.
inline constexpr std::string_view kNoRoute = "Requested resource is not found, please refer to API document.";
inline constexpr std::string_view kNoMethod = "Requested method is not allowed, please refer to API document.";
inline constexpr std::string_view kTokenFailed =
    "Token Authorization failed. Token either incorrect, expired, or not provided correctly";

// A failure that names its own status and TorchServe's exception, where the code of an Error says too little.
class ApiError : public Error {
 public:
  ApiError(int status, std::string type, const std::string& message);
  int status() const { return status_; }
  const std::string& type() const { return type_; }

 private:
  int status_;
  std::string type_;
};

// 400 BadRequestException.
ApiError bad_request(const std::string& message);

// JSON as TorchServe prints it: indented by 2, a newline at the end. Bytes that are no UTF-8 are replaced.
http::Response json_answer(int status, const nlohmann::ordered_json& json);
// {"status":"<text>"}
http::Response status_answer(int status, std::string_view text);
// {"code":<status>,"type":"<type>","message":"<message>"}; 503 with Retry-After.
http::Response error_answer(int status, std::string_view type, std::string_view message);

// What a failed call is answered with: ApiError and ModelError say it themselves, a failed prediction is told by
// refusal_of(), memory that is not there is 507, and anything else 500 without its text, which is logged.
http::Response failure_answer(const std::exception& failure);

// Puts on what every answer carries: x-request-id (a new UUID, unless there is one), Pragma, Cache-Control, Expires;
// `close` from status 400 on.
void add_common_headers(http::Response& response);

// A random UUID of version 4 (RFC 9562). Throws Internal when the system has no random numbers.
std::string new_request_id();

}  // namespace animalctl::serve
