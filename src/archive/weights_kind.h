#pragma once

#include <filesystem>

namespace animalctl::archive {

// What a file of weights is, by the names of its members.
enum class WeightsKind {
  Checkpoint,       // anything that is no TorchScript: a .pth of torch.save, or a file that its reader will refuse
  Script,           // TorchScript
  DescribedScript,  // TorchScript that says how it wants its images: written by `export` or `archive`
};

// Looks at the list of members only. Throws NotFound and other errors of opening; never because of what is in the file.
WeightsKind kind_of_weights(const std::filesystem::path& path);

}  // namespace animalctl::archive
