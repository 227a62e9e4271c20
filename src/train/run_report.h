#pragma once

#include <filesystem>

#include "animalctl/model/preprocessing.h"
#include "animalctl/train/train.h"

namespace animalctl {

// Throws InvalidArgument naming the first setting that is out of range.
void require_valid(const TrainConfig& config);
// Creates the folder when it is missing and proves that files can be written to it.
void require_writable_folder(const std::filesystem::path& folder);
// Throws NotFound with what to do when there is no checkpoint to go on from.
void require_resumable(const std::filesystem::path& latest);

// Writes <name>.json (docs/formats/report.md): settings, data digest, per-epoch figures, versions, timings.
void write_run_report(const std::filesystem::path& path, const TrainConfig& config, const Preprocessing& preprocessing,
                      const TrainReport& report);

}  // namespace animalctl
