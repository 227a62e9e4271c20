#include "console/answers.h"

#include <fmt/core.h>

#include <charconv>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/time_text.h"

namespace animalctl::console {

using Json = nlohmann::ordered_json;

http::Response json_answer(const Json& json) {
  http::Response response;
  response.content_type = "application/json";
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Json time_json(std::optional<std::int64_t> at_ms) {
  if (!at_ms) return nullptr;
  return iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(*at_ms)));
}

Json object_or_null(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json(nullptr);
}

std::size_t limit_of(const http::Request& request, std::size_t otherwise, std::size_t most) {
  const std::optional<std::string> text = request.query_value("limit");
  if (!text) return otherwise;
  std::size_t limit = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (problem != std::errc() || end != text->data() + text->size() || limit < 1 || limit > most) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("limit={} is not a whole number from 1 to {}", *text, most));
  }
  return limit;
}

}  // namespace animalctl::console
