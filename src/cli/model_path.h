#pragma once

#include <filesystem>
#include <string>

namespace animalctl::cli {

// Finds the file that a model argument means: `name` in `model_dir`, the same with ".pth" added, or
// `name` as a path. "torchscript:NAME" means a TorchScript file, looked for in the same places with ".torchscript.pt"
// added; the result keeps the prefix. Throws NotFound naming the places it looked in and the models that are there.
std::filesystem::path resolve_model_path(const std::string& name, const std::filesystem::path& model_dir);

}  // namespace animalctl::cli
