#include "animalctl/dataset/annotation.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/annotation_folder.h"

namespace animalctl {
namespace {

std::optional<double> number_or_nothing(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::optional<int> integer_or_nothing(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  const auto value = found->get<std::int64_t>();
  if (value < 0 || value > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(value);
}

std::string text_or_empty(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Python escapes everything outside ASCII, and so does nlohmann_json when asked; bytes that are not UTF-8
// become U+FFFD rather than an error.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Annotation parse_annotation(std::string_view text, std::string_view origin) {
  if (trim(text).empty()) throw Error(ErrorCode::DataLoss, fmt::format("{} is empty; label the frame again", origin));
  const nlohmann::json object = parse_json(text, origin);
  if (!object.is_object()) {
    throw Error(
        ErrorCode::DataLoss,
        fmt::format("{} is not an annotation: it holds {}, a JSON object such as {{\"label\": \"CAT\"}} is needed",
                    origin, object.type_name()));
  }
  const auto label = object.find("label");
  if (label == object.end()) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} has no \"label\"; label the frame again", origin));
  }
  if (!label->is_string() || trim(label->get_ref<const std::string&>()).empty()) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: \"label\" must be the name of a class, it is {}", origin,
                                                 label->is_string() ? "an empty string" : label->type_name()));
  }
  Annotation annotation;
  annotation.label = label->get<std::string>();
  annotation.source = text_or_empty(object, "source");
  annotation.score = number_or_nothing(object, "score");
  annotation.version = integer_or_nothing(object, "version");
  return annotation;
}

std::string to_json(const Annotation& annotation) {
  const bool has_score = annotation.score && std::isfinite(*annotation.score);
  return fmt::format(R"({{"label": {}, "source": {}, "score": {}, "version": {}}})", quoted(annotation.label),
                     quoted(annotation.source), has_score ? python_float(*annotation.score) : "null",
                     annotation.version ? fmt::format("{}", *annotation.version) : "null");
}

std::filesystem::path annotation_path(const std::filesystem::path& annotations_dir,
                                      const std::filesystem::path& frame) {
  return annotations_dir / fmt::format("{}.json", frame_stem(frame.native()));
}

}  // namespace animalctl
