#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/progress.h"
#include "animalctl/base/result.h"
#include "animalctl/dataset/image_examiner.h"
#include "animalctl/dataset/stable_split.h"

namespace animalctl {

// Reads the frames and gives what the stable split needs of each, or why it cannot be had: result[i]
// belongs to names[i]. Only images that are not in the ledger are decoded. Throws Cancelled.
std::vector<std::optional<Result<StableItem>>> read_stable_items(const std::filesystem::path& frames_dir,
                                                                 std::span<const std::string_view> names,
                                                                 const StableLedger& ledger,
                                                                 const ImageExaminer& examiner, int threads,
                                                                 ProgressSink& progress, const std::stop_token& stop);

}  // namespace animalctl
