#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/registry/registry.h"
#include "console/console_settings.h"

namespace animalctl::console {

// The forms of docs/labelling-api.md, "Models".
nlohmann::ordered_json models_json(const ConsoleSettings& settings);
// One version with its lineage, files and card. Throws NotFound.
nlohmann::ordered_json version_json(const ConsoleSettings& settings, const std::string& model, int version);

// What a person does with a version. `serve` follows by the canary config, which is written last: archive, registry,
// traffic. Killed in between, the same call again ends in the same state.
// Makes it the champion that answers all requests. Throws as ModelRegistry::promote() and place_archive().
void promote_by_hand(const ConsoleSettings& settings, const std::string& model, int version, const std::string& reason,
                     const std::string& by);
// Puts the version before the champion back. Returns it. Throws as ModelRegistry::roll_back().
int roll_back_by_hand(const ConsoleSettings& settings, const std::string& model, const std::string& reason,
                      const std::string& by);

}  // namespace animalctl::console
