#pragma once

#include <filesystem>
#include <memory>

#include "animalctl/model/script_options.h"
#include "model/description.h"
#include "model/network.h"

namespace animalctl {

// A model that is ready to run: in eval mode, on the CPU.
struct OpenModel {
  ModelDescription description;  // architecture "torchscript" when a TorchScript file says nothing of itself
  std::shared_ptr<Network> network;
};

// Opens what a model argument means: a checkpoint, or "torchscript:FILE" with `script`. Throws what read_model_file(),
// make_network() and open_script_model() throw.
OpenModel open_model(const std::filesystem::path& model, const ScriptOptions& script);

}  // namespace animalctl
