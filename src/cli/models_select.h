#pragma once

#include <filesystem>
#include <string>

#include "animalctl/registry/registry.h"

namespace animalctl::cli {

// The registry of `model`; of the only model there when it is "". Throws NotFound, naming the models there are.
registry::ModelRegistry choose_registry(const std::filesystem::path& root, const std::string& model);

// A version by number or by alias (champion, challenger, previous). Throws InvalidArgument when it is neither, NotFound
// when there is no such version or nothing has the alias.
int choose_version(const registry::ModelRegistry& registry, const std::string& text);

// The name of the user whose process this is; their number when they have none.
std::string user_name();

}  // namespace animalctl::cli
