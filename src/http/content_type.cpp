#include "animalctl/http/content_type.h"

#include <cstdlib>

#include "animalctl/base/text.h"
#include "http/parameters.h"

namespace animalctl::http {

std::optional<std::string> MediaType::parameter(std::string_view name) const {
  return find_parameter(parameters, name);
}

std::optional<MediaType> parse_media_type(std::string_view value) {
  const std::size_t end = std::min(value.find(';'), value.size());
  const std::string_view type = trim(value.substr(0, end));
  const std::size_t slash = type.find('/');
  if (slash == std::string_view::npos || !is_token(type.substr(0, slash)) || !is_token(type.substr(slash + 1))) {
    return std::nullopt;
  }
  std::optional<Parameters> parameters = parse_parameters(value.substr(end));
  if (!parameters) return std::nullopt;
  return MediaType{to_lower(type), std::move(*parameters)};
}

bool accepts_explicitly(std::string_view accept, std::string_view type) {
  for (const std::string& entry : split(accept, ',')) {
    const std::optional<MediaType> range = parse_media_type(entry);
    if (!range || range->type != type) continue;
    const std::optional<std::string> weight = range->parameter("q");
    if (!weight || std::strtod(weight->c_str(), nullptr) > 0) return true;
  }
  return false;
}

}  // namespace animalctl::http
