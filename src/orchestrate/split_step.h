#pragma once

#include <filesystem>
#include <string>
#include <unordered_set>
#include <vector>

namespace animalctl::orchestrate {

struct StepTools;

// The step "split": `dataset-split --stable` into the data folder, then the three snapshots as this run uses them. The
// test set has only frames whose label a person chose: one where a person kept the model's suggestion ("auto") would
// make the model that suggested it look good. Writes train.csv, val.csv, test.csv and split.json (counts, digest).
// Throws FailedPrecondition when no test image is left.
void split_data(const StepTools& tools, const std::filesystem::path& work);

// The rows whose file name is among `frames`, in their order. Pure.
std::vector<std::string> rows_of(const std::vector<std::string>& rows, const std::unordered_set<std::string>& frames);

}  // namespace animalctl::orchestrate
