#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "serve/model_manager.h"
#include "serve/serve_settings.h"
#include "serve/snapshot.h"

namespace animalctl::serve {

// What is to be registered at start, and how strictly.
struct StartupPlan {
  std::vector<StartupModel> models;
  bool insist = false;  // a model that cannot be registered ends the program; else it is logged and left out
  std::string origin;   // for the log: "load_models", "snapshot logs/config/….cfg"
};

// The last snapshot when there is one and the configuration still asks for what it asked then; else what the
// configuration names, or all of the store.
StartupPlan plan_startup(const ServeSettings& settings, const ModelStore& store,
                         const std::optional<SavedModels>& saved, const std::string& asked);

// Registers the plan's models, one after the other. Throws what ModelManager::add() throws where the plan insists;
// Cancelled when a stop is requested.
void register_startup_models(ModelManager& models, const ServeSettings& settings, const StartupPlan& plan,
                             const std::stop_token& stop);

}  // namespace animalctl::serve
