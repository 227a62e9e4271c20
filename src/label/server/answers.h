#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/http/message.h"

namespace animalctl::label {

// JSON on one line; bytes that are no UTF-8 are replaced.
http::Response json_answer(int status, const nlohmann::ordered_json& json);

// {"message": "<text>"}, the form of every error; 429 and 503 with Retry-After.
http::Response message_answer(int status, std::string_view message);

// What a failed request is answered with: 400 for what the caller did wrong, 404, 409, 507 for a full disk, 503, 504.
// What is our fault is logged and not told.
http::Response failure_answer(const std::exception& failure, const http::Request& request);

}  // namespace animalctl::label
