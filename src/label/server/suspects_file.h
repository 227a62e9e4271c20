#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace animalctl::label {

// Likely label errors from what `animalctl report --json` printed (docs/formats/report.md), as
// LabelStore::set_suspicion() takes them: the names of its `likely_label_errors`, each with its margin (-1..1); of a
// report without that list its `most_confident_mistakes` with the model's confidence. Throws what read_text_file()
// throws, and DataLoss: not JSON, neither list, a member without a frame or its number.
std::vector<std::pair<std::string, double>> read_suspects(const std::filesystem::path& file);

}  // namespace animalctl::label
