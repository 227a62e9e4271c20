#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace animalctl {

// Parses one JSON text (RFC 8259). Throws DataLoss naming `origin` (a file, a request) and the place
// when the text is not JSON, has a key twice in one object, or is nested deeper than 100 levels:
// a duplicate key would otherwise silently win over the first.
nlohmann::json parse_json(std::string_view text, std::string_view origin);

}  // namespace animalctl
