#include "serve/version_keeper.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

#include "animalctl/base/log.h"
#include "serve/prediction_models.h"

namespace animalctl::serve {
namespace {

// How long the requests of a version that is unloaded may take; the version is out of sight from the beginning on.
constexpr std::chrono::seconds kPatience{10};

std::vector<std::shared_ptr<ModelVersion>> versions_of(const ModelManager& models, const std::string& model) {
  try {
    return models.versions(model);
  } catch (const ModelError&) {
    return {};
  }
}

}  // namespace

VersionKeeper::VersionKeeper(ModelManager& models, const ServeSettings& settings, std::function<void()> changed)
    : models_(models), settings_(settings), changed_(std::move(changed)) {}

VersionKeeper::~VersionKeeper() {
  close();
}

std::string VersionKeeper::archive_name(int version) const {
  return fmt::format("{}-{}.mar", settings_.prediction_model, version);
}

bool VersionKeeper::has(int version) const {
  {
    const std::lock_guard lock(mutex_);
    if (leaving_.contains(version)) return false;
  }
  return find_version(versions_of(models_, settings_.prediction_model), version) != nullptr;
}

VersionKeeper::Loading VersionKeeper::load(int version) {
  const auto archive = file_identity(settings_.model_store / archive_name(version));
  if (!archive) return Loading::NoArchive;
  {
    const std::lock_guard lock(mutex_);
    if (loading_.contains(version)) return Loading::UnderWay;
    const auto refused = refused_.find(version);
    if (refused != refused_.end() && refused->second == *archive) return Loading::Failed;
    loading_.insert(version);
  }
  tasks_.add(fmt::format("loading version {}", version), [this, version, archive] { load_now(version, *archive); });
  return Loading::UnderWay;
}

void VersionKeeper::load_now(int version, const FileIdentity& archive) {
  std::optional<std::string> failure;
  try {
    RegisterRequest request;
    request.url = archive_name(version);
    request.model_name = settings_.prediction_model;
    request.settings = startup_settings(settings_);
    const std::shared_ptr<ModelVersion> loaded = models_.add(request);
    if (whole_version(loaded->facts().version) != version) {
      failure = fmt::format("it holds version {}, not {}", loaded->facts().version, version);
    }
  } catch (const std::exception& error) {
    failure = error.what();
  }
  {
    const std::lock_guard lock(mutex_);
    loading_.erase(version);
    if (failure) refused_[version] = archive;
  }
  if (failure) {
    log::error("a version that the canary config names cannot be loaded; the config in use stays",
               {{"archive", archive_name(version)}, {"reason", *failure}});
  }
  changed_();
}

void VersionKeeper::unload_others(const CanaryConfig& config) {
  for (const ModelManager::Entry& entry : models_.entries()) {
    const VersionFacts& facts = entry.version->facts();
    const auto version = whole_version(facts.version);
    if (facts.model != settings_.prediction_model || !version || entry.archive != archive_name(*version)) continue;
    if (*version == config.current_version || *version == config.previous_version) continue;
    {
      const std::lock_guard lock(mutex_);
      if (!leaving_.insert(*version).second) continue;
    }
    tasks_.add(fmt::format("unloading version {}", *version),
               [this, version = *version, name = facts.version, successor = config.current_version] {
                 unload_now(version, name, successor);
               });
  }
}

void VersionKeeper::unload_now(int version, const std::string& name, int successor) {
  const std::string& model = settings_.prediction_model;
  try {
    // The default version of the model server's own API cannot be unregistered: the canary's takes its place.
    const auto next = find_version(versions_of(models_, model), successor);
    if (next && models_.default_version(model) == name) models_.set_default(model, next->facts().version);
    models_.remove(model, name, kPatience);
  } catch (const Error& error) {
    log::warning("a version could not be unloaded", {{"version", name}, {"reason", error.message()}});
  }
  {
    const std::lock_guard lock(mutex_);
    leaving_.erase(version);
  }
  changed_();
}

void VersionKeeper::close() {
  tasks_.close();
}

}  // namespace animalctl::serve
