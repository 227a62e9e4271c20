#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace animalctl::http {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The characters of a token: names of fields, methods, media types (RFC 9110 §5.6.2).
bool is_token(std::string_view text);

// Reads `; name=value; name="quoted"`, the tail of Content-Type and Content-Disposition (RFC 9110 §5.6.6). Names come
// in lower case. Inside quotes `\"` and `\\` stand for the character behind; any other backslash for itself, because
// some browsers send paths. Nothing when the text has another form.
std::optional<Parameters> parse_parameters(std::string_view text);

// The first value of a name, which is given in lower case.
std::optional<std::string> find_parameter(const Parameters& parameters, std::string_view name);

}  // namespace animalctl::http
