#include "orchestrate/json_numbers.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl::orchestrate {
namespace {

const nlohmann::json* find(const nlohmann::json& json, const char* pointer) {
  const nlohmann::json::json_pointer place(pointer);
  return json.is_object() && json.contains(place) ? &json.at(place) : nullptr;
}

[[noreturn]] void refuse(const char* pointer, const char* kind) {
  throw Error(ErrorCode::DataLoss, fmt::format("a step's result has no {} at {}", kind, pointer));
}

}  // namespace

double number_at(const nlohmann::json& json, const char* pointer) {
  const nlohmann::json* value = find(json, pointer);
  if (value == nullptr || !value->is_number()) refuse(pointer, "number");
  return value->get<double>();
}

std::uint64_t count_at(const nlohmann::json& json, const char* pointer) {
  const nlohmann::json* value = find(json, pointer);
  if (value == nullptr || !value->is_number_integer()) refuse(pointer, "count");
  if (!value->is_number_unsigned() && value->get<std::int64_t>() < 0) refuse(pointer, "count");
  return value->get<std::uint64_t>();
}

bool flag_at(const nlohmann::json& json, const char* pointer) {
  const nlohmann::json* value = find(json, pointer);
  if (value == nullptr || !value->is_boolean()) refuse(pointer, "true or false");
  return value->get<bool>();
}

}  // namespace animalctl::orchestrate
