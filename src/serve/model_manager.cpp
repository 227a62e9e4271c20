#include "serve/model_manager.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/log.h"
#include "serve/archived_model.h"
#include "serve/model_limits.h"
#include "serve/model_store.h"
#include "serve/startup_models.h"
#include "serve/task_thread.h"
#include "serve/tracked_version.h"
#include "serve/warm_up.h"

namespace animalctl::serve {
namespace fs = std::filesystem;
namespace {

struct VersionSlot {
  std::shared_ptr<TrackedVersion> tracked;
  std::shared_ptr<ModelVersion> version;
  fs::path archive;      // in the store
  bool fetched = false;  // goes with the version
};

struct Model {
  std::map<std::string, VersionSlot, VersionLess> versions;
  std::string default_version;
};

using Table = std::map<std::string, Model>;

ModelError model_not_found(const std::string& model) {
  return {ModelFailure::ModelNotFound, ErrorCode::NotFound, fmt::format("Model not found: {}", model)};
}

ModelError version_not_found(const std::string& model, const std::string& version) {
  return {ModelFailure::VersionNotFound, ErrorCode::NotFound,
          fmt::format("Model version: {} does not exist for model: {}", version, model)};
}

ModelError already_registered(const std::string& model, const std::string& version) {
  return {ModelFailure::AlreadyRegistered, ErrorCode::AlreadyExists,
          fmt::format("Model version {} is already registered for model {}", version, model)};
}

const Model& find_model(const Table& table, const std::string& model) {
  const auto entry = table.find(model);
  if (entry == table.end()) throw model_not_found(model);
  return entry->second;
}

const VersionSlot& find_slot(const Table& table, const std::string& name, const std::string& version) {
  const Model& model = find_model(table, name);
  const auto slot = model.versions.find(version.empty() ? model.default_version : version);
  if (slot == model.versions.end()) throw version_not_found(name, version);
  return slot->second;
}

void remove_quietly(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
}

// A start that takes too long is no client's 408: nobody set a deadline for a request.
void warm_up_in_time(ModelVersion& version, const VersionSettings& run, Clock::time_point deadline) {
  try {
    warm_up(version, run, deadline);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::DeadlineExceeded) throw;
    throw ModelError(
        ModelFailure::NotReadyInTime, error.code(),
        fmt::format("Failed to start workers for model {} version: {}; it was not ready within its startup "
                    "timeout of {} s. Raise startup_timeout or ask for fewer workers.",
                    version.facts().model, version.facts().version, run.startup_timeout.count()));
  }
}

}  // namespace

struct ModelManager::State {
  State(const ServeSettings& given, LoadModel loader)
      : settings(given), load(std::move(loader)), store(given.model_store, given.allowed_urls) {}

  // A version between its opening and its publication: its name is taken meanwhile.
  struct Candidate {
    Candidate(State& owner, archive::OpenArchive archive) : state(owner), opened(std::move(archive)) {}
    ~Candidate() {
      const std::lock_guard lock(state.mutex);
      if (reserved) state.pending.erase({plan.facts.model, plan.facts.version});
      if (fetched) remove_quietly(path);
    }
    Candidate(const Candidate&) = delete;
    Candidate& operator=(const Candidate&) = delete;

    State& state;
    archive::OpenArchive opened;
    ArchivedModel plan;
    VersionSettings run;
    fs::path path;
    bool fetched = false;   // a file that nobody else knows of yet
    bool reserved = false;  // guarded by state.mutex
  };

  std::shared_ptr<const Table> current() const {
    const std::lock_guard lock(mutex);
    return table;
  }

  // Changes a copy of the table and puts it in place; what `change` throws leaves everything as it was.
  template <typename Change>
  void change_table(const Change& change) {
    const std::lock_guard lock(mutex);
    auto changed = std::make_shared<Table>(*table);
    change(*changed);
    table = std::move(changed);
  }

  void tell() {
    const std::lock_guard lock(listener_mutex);
    if (listener) listener();
  }

  VersionSettings run_settings(const RegisterRequest& request, const VersionFacts& facts) const {
    VersionSettings run = settings.version_defaults;
    run.min_workers = request.initial_workers;
    run.max_workers = request.initial_workers;
    if (request.settings) run = *request.settings;
    const auto model = settings.model_configs.find(facts.model);
    if (model == settings.model_configs.end()) return run;
    const auto config = model->second.find(facts.version);
    return config == model->second.end() ? run : config->second.over(run);
  }

  std::shared_ptr<Candidate> open(const RegisterRequest& request);
  std::shared_ptr<ModelVersion> publish(const std::shared_ptr<Candidate>& candidate);

  const ServeSettings& settings;
  const LoadModel load;
  const ModelStore store;

  mutable std::mutex mutex;
  std::shared_ptr<const Table> table = std::make_shared<Table>();  // guarded by mutex
  std::set<std::pair<std::string, std::string>> pending;           // guarded by mutex
  std::atomic<bool> ready{true};

  std::mutex listener_mutex;
  std::function<void()> listener;  // guarded by listener_mutex

  TaskThread tasks;  // last: ends before what it works on
};

std::shared_ptr<ModelManager::State::Candidate> ModelManager::State::open(const RegisterRequest& request) {
  const FoundArchive found = store.find(request.url);
  std::shared_ptr<Candidate> candidate;
  try {
    candidate = std::make_shared<Candidate>(
        *this, archive::OpenArchive::open(found.path, archive::ArchiveLimits{}, settings.verify_key));
  } catch (const Error& error) {
    if (found.fetched) remove_quietly(found.path);
    throw ModelError(ModelFailure::InvalidModel, error.code(), error.message());
  }
  candidate->path = found.path;
  candidate->fetched = found.fetched;
  candidate->plan = read_archived_model(candidate->opened, request, settings, 1);
  const VersionFacts& facts = candidate->plan.facts;
  candidate->run = run_settings(request, facts);
  candidate->plan.options.max_batch = candidate->run.batch_size;
  const std::lock_guard lock(mutex);
  const auto model = table->find(facts.model);
  const bool there = model != table->end() && model->second.versions.contains(facts.version);
  if (there || !pending.emplace(facts.model, facts.version).second) {
    throw already_registered(facts.model, facts.version);
  }
  candidate->reserved = true;
  return candidate;
}

std::shared_ptr<ModelVersion> ModelManager::State::publish(const std::shared_ptr<Candidate>& candidate) {
  VersionFacts facts = candidate->plan.facts;
  const Clock::time_point begun = Clock::now();
  std::unique_ptr<const ServingModel> model;
  try {
    model = load(candidate->plan.options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Unavailable) throw;  // no engine: not the model's fault
    throw ModelError(
        ModelFailure::InvalidModel, error.code(),
        fmt::format("Model \"{}\" version {} cannot be loaded: {}", facts.model, facts.version, error.message()));
  }
  facts.load_time = Clock::now() - begun;
  const nlohmann::ordered_json metadata = shown_metadata(candidate->plan, *model);
  const std::string plan = model->plan();
  auto version = std::make_unique<ModelVersion>(facts, std::move(model), candidate->run, metadata);
  warm_up_in_time(*version, candidate->run, begun + candidate->run.startup_timeout);
  auto tracked = std::make_shared<TrackedVersion>(std::move(version));
  std::shared_ptr<ModelVersion> handle = tracked->handle();
  change_table([&](Table& changed) {
    Model& entry = changed[facts.model];
    if (entry.versions.empty()) entry.default_version = facts.version;
    entry.versions[facts.version] = {tracked, handle, candidate->path, candidate->fetched};
    pending.erase({facts.model, facts.version});
    candidate->reserved = false;
    candidate->fetched = false;
  });
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  log::info("model registered",
            {{"model", facts.model}, {"version", facts.version}, {"plan", plan}, {"seconds", seconds}});
  return handle;
}

ModelManager::ModelManager(const ServeSettings& settings, LoadModel load)
    : state_(std::make_unique<State>(settings, std::move(load))) {}

ModelManager::~ModelManager() {
  close(Clock::now());
}

std::shared_ptr<ModelVersion> ModelManager::find(const std::string& model, const std::string& version) const {
  return find_slot(*state_->current(), model, version).version;
}

std::vector<std::shared_ptr<ModelVersion>> ModelManager::versions(const std::string& model) const {
  const auto table = state_->current();
  std::vector<std::shared_ptr<ModelVersion>> versions;
  for (const auto& [name, slot] : find_model(*table, model).versions) versions.push_back(slot.version);
  return versions;
}

std::string ModelManager::default_version(const std::string& model) const {
  return find_model(*state_->current(), model).default_version;
}

std::vector<std::string> ModelManager::names() const {
  std::vector<std::string> names;
  const auto table = state_->current();  // held: another thread may swap it meanwhile
  for (const auto& [name, model] : *table) names.push_back(name);
  return names;
}

bool ModelManager::healthy() const {
  if (!state_->ready.load()) return false;
  const auto table = state_->current();
  return std::all_of(table->begin(), table->end(), [](const auto& entry) {
    const ModelVersion& version = *entry.second.versions.at(entry.second.default_version).version;
    return version.workers().size() >= static_cast<std::size_t>(version.settings().min_workers);
  });
}

void ModelManager::set_ready(bool ready) {
  state_->ready.store(ready);
}

std::shared_ptr<ModelVersion> ModelManager::add(const RegisterRequest& request) {
  std::shared_ptr<ModelVersion> version = state_->publish(state_->open(request));
  state_->tell();
  return version;
}

VersionName ModelManager::add_later(const RegisterRequest& request) {
  const std::shared_ptr<State::Candidate> candidate = state_->open(request);
  VersionName name{candidate->plan.facts.model, candidate->plan.facts.version};
  state_->tasks.add(fmt::format("registering model {} version {}", name.model, name.version), [this, candidate] {
    state_->publish(candidate);
    state_->tell();
  });
  return name;
}

void ModelManager::scale(const std::string& model, const std::string& version, int min_workers, int max_workers) {
  if (min_workers < 0 || max_workers < min_workers || max_workers > kMaxWorkersPerModel) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} to {} workers: 0 ≤ min_worker ≤ max_worker ≤ {} is needed",
                                                        min_workers, max_workers, kMaxWorkersPerModel));
  }
  find(model, version)->scale(min_workers, max_workers);
  state_->tell();
}

void ModelManager::scale_later(const std::string& model, const std::string& version, int min_workers, int max_workers) {
  const std::string chosen = find(model, version)->facts().version;
  state_->tasks.add(fmt::format("scaling model {} version {}", model, chosen),
                    [=, this] { scale(model, chosen, min_workers, max_workers); });
}

void ModelManager::set_default(const std::string& model, const std::string& version) {
  state_->change_table([&](Table& table) {
    find_slot(table, model, version);
    table[model].default_version = version;
  });
  state_->tell();
}

void ModelManager::remove(const std::string& model, const std::string& version, std::chrono::milliseconds patience) {
  VersionSlot slot;
  state_->change_table([&](Table& table) {
    slot = find_slot(table, model, version);
    Model& entry = table[model];
    const std::string name = slot.version->facts().version;
    if (name == entry.default_version && entry.versions.size() > 1) {
      throw ModelError(ModelFailure::DefaultVersion, ErrorCode::FailedPrecondition,
                       fmt::format("Cannot remove default version for model {}", model));
    }
    entry.versions.erase(name);
    if (entry.versions.empty()) table.erase(model);
  });
  const std::string name = slot.version->facts().version;
  slot.version.reset();
  if (slot.fetched) remove_quietly(slot.archive);
  state_->tell();
  // Requests that had found the version before it went are answered by it.
  if (!slot.tracked->wait_until_released(Clock::now() + patience)) {
    throw Error(ErrorCode::DeadlineExceeded, fmt::format("Timed out while cleaning resources: {}", model));
  }
  log::info("model unregistered", {{"model", model}, {"version", name}});
}

void ModelManager::on_change(std::function<void()> listener) {
  const std::lock_guard lock(state_->listener_mutex);
  state_->listener = std::move(listener);
}

std::vector<ModelManager::Entry> ModelManager::entries() const {
  std::vector<Entry> entries;
  const auto table = state_->current();
  for (const auto& [name, model] : *table) {
    for (const auto& [version, slot] : model.versions) {
      entries.push_back({slot.version, version == model.default_version, slot.archive.filename().string()});
    }
  }
  return entries;
}

const ModelStore& ModelManager::store() const {
  return state_->store;
}

void ModelManager::close(Clock::time_point deadline) {
  set_ready(false);
  state_->tasks.close();
  for (const Entry& entry : entries()) entry.version->close(deadline);
}

}  // namespace animalctl::serve
