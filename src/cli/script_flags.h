#pragma once

#include <CLI/App.hpp>

#include <string>

#include "animalctl/model/script_options.h"

namespace animalctl::cli {

// The heading of these flags in --help.
inline constexpr const char* kScriptGroup = "TorchScript models (torchscript:FILE) not made by export";

// What a TorchScript file of others does not say of itself.
struct ScriptFlags {
  std::string size;    // "224" or "320x240"
  std::string mean;    // "0.485,0.456,0.406"
  std::string std;     // the same
  std::string fit;     // "stretch", "centre", "centre:0.875"
  std::string output;  // "probabilities", "logits"

  void declare(CLI::App& app);
  // Throws InvalidArgument naming the flag and what it accepts. The classes are not set.
  ScriptOptions options() const;
};

}  // namespace animalctl::cli
