#include "serve/startup.h"

#include <fmt/core.h>

#include "animalctl/base/log.h"
#include "serve/model_store.h"

namespace animalctl::serve {

StartupPlan plan_startup(const ServeSettings& settings, const ModelStore& store,
                         const std::optional<SavedModels>& saved, const std::string& asked) {
  if (saved && saved->asked == asked) return {saved->models, false, "snapshot " + saved->file.string()};
  if (saved) {
    log::info("the configuration asks for other models than when the last snapshot was written; it is not restored",
              {{"snapshot", saved->file.string()}});
  }
  if (!settings.load_all) return {settings.startup, true, "configuration"};
  StartupPlan plan{{}, false, "load_models=all"};
  for (const std::string& name : store.list()) {
    StartupModel model;
    model.url = name;
    plan.models.push_back(std::move(model));
  }
  return plan;
}

void register_startup_models(ModelManager& models, const ServeSettings& settings, const StartupPlan& plan,
                             const std::stop_token& stop) {
  for (const StartupModel& model : plan.models) {
    if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while models were being loaded");
    RegisterRequest request;
    request.url = model.url;
    request.model_name = model.name;
    request.settings = model.config.over(startup_settings(settings));
    request.at_startup = true;
    try {
      const std::shared_ptr<ModelVersion> version = models.add(request);
      const VersionFacts& facts = version->facts();
      if (!model.version.empty() && model.version != facts.version) {
        log::warning(
            fmt::format("{} holds version {}, the {} says {}", model.url, facts.version, plan.origin, model.version));
      }
      if (model.default_version) models.set_default(facts.model, facts.version);
    } catch (const Error& error) {
      const std::string what =
          fmt::format("{} (from {}) cannot be registered: {}", model.url, plan.origin, error.message());
      if (plan.insist || error.code() == ErrorCode::Unavailable) throw Error(error.code(), what);
      log::error(what);
    }
  }
}

}  // namespace animalctl::serve
