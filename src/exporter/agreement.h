#pragma once

#include <filesystem>

#include "compat/torch.h"

namespace animalctl {

// How many pictures at a time exports are tried with.
inline constexpr std::int64_t kTrialBatches[] = {1, 3};

// One number a channel as a tensor [1, C, 1, 1], float32.
torch::Tensor per_channel(const std::vector<float>& numbers);

// Pictures that exports are tried with: float32 [count, C, H, W] in the range of normalised images, the same in every
// run.
torch::Tensor trial_images(std::int64_t count, const std::vector<float>& mean, const std::vector<float>& std,
                           std::int64_t height, std::int64_t width);

// The largest difference between two sets of probabilities. Throws Internal naming `out` and `reader` when the shapes
// differ, or the difference is above `bound` or no number.
double require_agreement(const torch::Tensor& expected, const torch::Tensor& found, double bound,
                         const std::filesystem::path& out, std::string_view reader);

}  // namespace animalctl
