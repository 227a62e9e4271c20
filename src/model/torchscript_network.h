#pragma once

#include <filesystem>
#include <optional>

#include "animalctl/model/script_options.h"
#include "compat/torch_script.h"
#include "model/open_model.h"
#include "model/script_description.h"

namespace animalctl {

// Loads a TorchScript file as a network that can be run but not trained. Its module takes float32 [B, C, H, W] and
// gives one floating tensor [B, 1], [B, 2] or [B, classes]; with two classes and two columns, column 1 is classes[1].
// It is tried once on the way: one that takes a single image only (a recording with a fixed batch) is then run image by
// image.
//
// Throws NotFound; InvalidArgument when the file describes nothing and an option is missing, or when both say different
// things; DataLoss when the file is no TorchScript, or its module throws, gives another shape than that, numbers that
// are not finite, or no probabilities where those are promised. A later run can throw the last kind too.
OpenModel open_script_model(const std::filesystem::path& path, const ScriptOptions& options);

// What is inside a network that open_script_model() made: the module itself, what its output means, and whether it
// takes one image at a time only. Nothing for any other network.
struct ScriptInside {
  torch::jit::Module module;
  ScriptDescription description;
  bool one_by_one = false;
};
std::optional<ScriptInside> script_inside(const Network& network);

}  // namespace animalctl
