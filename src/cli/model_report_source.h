#pragma once

#include <filesystem>
#include <string>

#include "animalctl/report/model_report.h"
#include "animalctl/train/evaluate.h"
#include "cli/context.h"

namespace animalctl::cli {

// "models/a_latest.pth" → "a_latest".
std::string model_name(const std::filesystem::path& model);

// Scores `model` on the data set of `config` (whose `models` are ignored) and gathers what its report shows: size and
// brightness of every image, pictures of the most confident mistakes, and the training run from <name>.json beside the
// model (for <name>_latest.pth that of <name>). Without such a file, or when it cannot be read (a warning says why),
// these parts stay empty. Throws as score_dataset() does; Cancelled when a stop is requested.
ModelReport gather_model_report(Context& context, const std::filesystem::path& model, const ScoreConfig& config);

// The same as a page at `out`, written in one durable step.
void write_model_report(Context& context, const std::filesystem::path& model, const ScoreConfig& config,
                        const std::filesystem::path& out);

}  // namespace animalctl::cli
