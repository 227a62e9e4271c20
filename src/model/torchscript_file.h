#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "animalctl/model/script_options.h"
#include "compat/torch_script.h"
#include "model/description.h"

namespace animalctl {

// A TorchScript file in memory, on the CPU, in eval mode.
struct ScriptFile {
  torch::jit::Module module;                          // what takes normalised images
  std::optional<ModelDescription> description;        // only in files written by `export` and `archive`
  ScriptOutput output = ScriptOutput::Probabilities;  // of the module; only with a description
  std::int64_t projection = 0;                        // likewise
};

// In a file made for TorchServe (exporter/torchserve_module.h): the part that takes normalised images. The description
// names it, and `ScriptFile::module` is then this part.
inline constexpr const char* kScriptNetworkPart = "network";

// The file in a TorchScript archive that holds our description.
inline constexpr const char* kScriptDescriptionFile = "animalctl.json";

// Throws NotFound, InvalidArgument (a folder), and DataLoss when the file is no TorchScript that this LibTorch reads or
// its description is damaged.
ScriptFile read_script_file(const std::filesystem::path& path);

// The first line of what LibTorch says, without its traceback.
std::string first_line(std::string_view text);
// What of LibTorch's report of a failed run is worth showing: the error itself, not the traceback above it.
std::string script_failure(const std::exception& error);

}  // namespace animalctl
