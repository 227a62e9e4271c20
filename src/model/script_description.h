#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "animalctl/model/script_options.h"
#include "model/description.h"

namespace animalctl {

// What is known of a TorchScript model after file and options were put together.
struct ScriptDescription {
  ModelDescription model;
  ScriptOutput output = ScriptOutput::Probabilities;
  std::int64_t projection = 0;  // columns of the output behind the answer: the features' projection
};

// `file`: what the file says of itself, if anything, and `file_output` of its module. Throws InvalidArgument naming the
// flags that are missing, out of range, or contradict the file called `origin`.
ScriptDescription combine_description(const std::optional<ModelDescription>& file, const ScriptOptions& options,
                                      const std::string& origin,
                                      ScriptOutput file_output = ScriptOutput::Probabilities);

}  // namespace animalctl
