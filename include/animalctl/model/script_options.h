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

// How TorchServe's handler image_classifier runs a TorchScript file: shorter side to 256, centre 224, ImageNet's
// normalisation, softmax. The classes are called by their numbers, because labels may repeat (ImageNet has two cranes).
inline ScriptOptions image_classifier_options(std::size_t class_count) {
  ScriptOptions options;
  for (std::size_t i = 0; i < class_count; ++i) options.classes.push_back(std::to_string(i));
  options.width = 224;
  options.height = 224;
  options.mean = {0.485F, 0.456F, 0.406F};
  options.std = {0.229F, 0.224F, 0.225F};
  options.fit = Fit::Centre;
  options.centre_share = 0.875F;
  options.output = ScriptOutput::Logits;
  return options;
}

}  // namespace animalctl
