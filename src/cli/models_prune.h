#pragma once

#include <cstdint>
#include <string>

#include "animalctl/registry/registry.h"
#include "cli/command.h"

namespace animalctl::cli {

// `models prune`: removes the files of old versions (publish/prune.h).
class ModelsPrune {
 public:
  void declare(CLI::App& app);
  // True when --keep was given.
  bool given() const { return keep_ >= 0; }
  // `canary_config`: versions that it names keep their files. Throws InvalidArgument without --keep.
  void run(Context& context, registry::ModelRegistry& registry, const std::string& model_store,
           const std::string& canary_config, const std::string& reason, const std::string& by, bool json) const;

 private:
  std::int64_t keep_ = -1;  // below 0: not given
};

}  // namespace animalctl::cli
