#pragma once

#include <string>
#include <string_view>

#include "animalctl/archive/model_archive.h"

namespace animalctl::archive {

// Reads MAR-INF/MANIFEST.json. Throws DataLoss naming `origin` and the key (no JSON, a required key missing, a value of
// another kind), InvalidArgument (name or version of the model).
Manifest parse_manifest(std::string_view text, const std::string& origin);

// The text as torch-model-archiver 0.12 writes it: the same keys in the same order, indented by 2, no final newline;
// optional keys are left out when empty.
std::string manifest_text(const Manifest& manifest);

}  // namespace animalctl::archive
