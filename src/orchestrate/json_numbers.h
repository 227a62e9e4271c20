#pragma once

#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

namespace animalctl::orchestrate {

// A number at a JSON pointer ("/metrics/ece"). Throws DataLoss naming it when it is not there or no number.
double number_at(const nlohmann::json& json, const char* pointer);
// The same for a count.
std::uint64_t count_at(const nlohmann::json& json, const char* pointer);
bool flag_at(const nlohmann::json& json, const char* pointer);

}  // namespace animalctl::orchestrate
