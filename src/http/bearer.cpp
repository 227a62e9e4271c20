#include "animalctl/http/bearer.h"

#include "animalctl/base/text.h"

namespace animalctl::http {

std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  if (to_lower(authorization.substr(0, kScheme.size())) != kScheme) return {};
  const std::string_view rest = authorization.substr(kScheme.size());
  const std::string_view key = trim(rest);
  const bool separated = !rest.empty() && (rest.front() == ' ' || rest.front() == '\t');
  return separated && key.find_first_of(" \t") == std::string_view::npos ? key : std::string_view();
}

}  // namespace animalctl::http
