#include "serve/json_number.h"

#include <fmt/core.h>

#include <charconv>
#include <string>

namespace animalctl::serve {

double shortest_double(float value) {
  const std::string text = fmt::format("{}", value);
  double result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

}  // namespace animalctl::serve
