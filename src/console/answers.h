#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/http/message.h"

namespace animalctl::console {

// JSON on one line; bytes that are no UTF-8 are replaced; never stored by a browser.
http::Response json_answer(const nlohmann::ordered_json& json);

// "2026-11-25T14:03:59.123Z"; null without a time.
nlohmann::ordered_json time_json(std::optional<std::int64_t> at_ms);

// A text that should be a JSON object; null when it is none.
nlohmann::ordered_json object_or_null(const std::string& text);

// `limit` of the query, 1 to `most`; `otherwise` when it is not given. Throws InvalidArgument.
std::size_t limit_of(const http::Request& request, std::size_t otherwise, std::size_t most);

}  // namespace animalctl::console
