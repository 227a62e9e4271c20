#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl {

// What a person (source "manual") or a person confirming the model (source "auto") said of one frame.
// Format: docs/formats/annotation.md.
struct Annotation {
  std::string label;            // as written; compare through ClassList, which ignores letter case
  std::string source;           // "manual" or "auto"; empty when the file does not say
  std::optional<double> score;  // P(second class) the model gave, not its confidence
  std::optional<int> version;   // of the model that gave the score
};

// Parses an annotation. Only `label` is required; other fields of an unexpected type read as absent and
// unknown keys are passed over, because the seed's own files vary. Throws DataLoss naming `origin` (the
// file) when the text is empty, not JSON, not an object, or has no label that is a non-empty string.
// Thread-safe.
Annotation parse_annotation(std::string_view text, std::string_view origin);

// The text the seed writes, as Python's json.dump spells it: keys in the order of the struct, ", " and
// ": " between, characters outside ASCII escaped, no newline at the end. A score that is not finite is
// written as null, since JSON has no such number.
std::string to_json(const Annotation& annotation);

// Where the annotation of a frame lives: <annotations_dir>/<stem>.json. Only the last extension of the
// frame's name is replaced, so cat.png.12.png has cat.png.12.json.
std::filesystem::path annotation_path(const std::filesystem::path& annotations_dir, const std::filesystem::path& frame);

}  // namespace animalctl
