#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/checkpoint/field.h"
#include "animalctl/checkpoint/value.h"
#include "animalctl/model/preprocessing.h"

namespace animalctl {

// What a file says of its model beside the tensors: the key "animalctl" of a checkpoint, the file animalctl.json of an
// export (docs/formats/checkpoint.md).
struct ModelDescription {
  std::string architecture;
  std::vector<std::string> classes;
  Preprocessing preprocessing;

  bool operator==(const ModelDescription&) const = default;
};

// Version of the format; a reader refuses greater ones.
inline constexpr std::int64_t kDescriptionFormat = 1;
// The name of the description in TorchScript, ONNX and safetensors files.
inline constexpr const char* kDescriptionName = "animalctl";

checkpoint::Dict describe_model(const ModelDescription& description);
// Throws DataLoss naming file and place when something is missing, of another kind or out of range.
ModelDescription read_model_description(const checkpoint::Field& field);

// What an exported network gives, and where in its file it is.
struct ExportedNetwork {
  std::string output = "probabilities";  // or "logits"
  std::string module;                    // the part of the file's module that is the network; "": the module itself
  std::int64_t projection = 0;           // columns behind the answer
};

// The same as JSON, with the version of the program that writes it: {"format": 1, "architecture": …, "classes": […],
// "preprocessing": {…}, "output": "probabilities", "version": "0.1.0"}, and "module" and "projection" where there are
// such.
std::string description_json(const ModelDescription& description, const ExportedNetwork& network = {});
// Throws as read_model_description(); `origin` is the file.
ModelDescription parse_description_json(std::string_view text, const std::string& origin);

}  // namespace animalctl
