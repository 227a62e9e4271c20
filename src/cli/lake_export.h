#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "animalctl/lake/predictions.h"

namespace animalctl::cli {

// A prediction as one line of JSON without a newline: the columns of docs/formats/lake.md, those that are NULL left
// out.
std::string prediction_json(const lake::PredictionRow& row);

// Writes the predictions that pass, newest first, as CSV (RFC 4180, a heading line) or as JSON lines, by the file's
// extension; the file appears whole or not at all. Returns how many. Throws InvalidArgument for another extension.
std::size_t export_predictions(lake::Database& database, const lake::PredictionFilter& filter,
                               const std::filesystem::path& file);

}  // namespace animalctl::cli
