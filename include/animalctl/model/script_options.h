#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/model/preprocessing.h"

namespace animalctl {

// A model that is named so is a TorchScript file instead of a checkpoint: "torchscript:models/b.pt".
inline constexpr std::string_view kScriptPrefix = "torchscript:";

// True when the name of a model begins with kScriptPrefix; and the path of its file, which for a checkpoint is the
// name.
inline bool is_script_model(const std::filesystem::path& model) {
  return model.native().starts_with(kScriptPrefix);
}
inline std::filesystem::path script_path(const std::filesystem::path& model) {
  return model.native().substr(is_script_model(model) ? kScriptPrefix.size() : 0);
}

// What a TorchScript module gives back for an image.
enum class ScriptOutput { Probabilities, Logits };

// What a TorchScript file does not say of itself. A file written by `export` carries all of it; what stands here then
// has to agree with the file or be absent (empty).
struct ScriptOptions {
  std::vector<std::string> classes;  // upper case
  std::optional<int> width;          // pixels, 1 to 4096
  std::optional<int> height;
  std::vector<float> mean;  // one a channel (1: grey, 3: RGB)
  std::vector<float> std;   // as many, > 0
  std::optional<Fit> fit;   // absent and the file says nothing: Fit::Stretch
  float centre_share = 1;   // (0, 1], with Fit::Centre
  std::optional<ScriptOutput> output;
};

}  // namespace animalctl
