#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace animalctl::label {

// Likely label errors from what `animalctl report --json` printed (docs/formats/report.md): the names of the frames
// that the model answered wrongly, each with the model's confidence in its own answer (0..1), as
// LabelStore::set_suspicion() takes them. Throws what read_text_file() throws, and DataLoss: not JSON, no list
// "most_confident_mistakes", a member without a frame or confidence.
std::vector<std::pair<std::string, double>> read_suspects(const std::filesystem::path& file);

}  // namespace animalctl::label
