#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/model_version.h"

namespace animalctl::serve {

struct ServeSettings;  // serve_settings.h
class ModelStore;      // model_store.h

// What went wrong with a model or version, as TorchServe tells it apart: decides status and `type`.
enum class ModelFailure {
  ModelNotFound,      // 404 ModelNotFoundException
  VersionNotFound,    // 404 ModelVersionNotFoundException
  AlreadyRegistered,  // 409 ConflictStatusException
  DefaultVersion,     // 403 InvalidModelVersionException
  DownloadFailed,     // 400 DownloadArchiveException
  InvalidModel,       // 400 ModelException
  NotReadyInTime,     // 500 InternalServerException
};

class ModelError : public Error {
 public:
  ModelError(ModelFailure failure, ErrorCode code, std::string message)
      : Error(code, std::move(message)), failure_(failure) {}
  ModelFailure failure() const { return failure_; }

 private:
  ModelFailure failure_;
};

struct RegisterRequest {
  std::string url;         // a file name in the model store, a file: path below it, or an allowed http(s) address
  std::string model_name;  // "": the manifest's
  std::string handler;     // "": the manifest's
  std::string runtime;     // "": the manifest's
  // Workers and limits; absent: the settings' version_defaults with initial_workers. ServeSettings::model_configs wins.
  std::optional<VersionSettings> settings;
  int initial_workers = 0;
  bool at_startup = false;
};

// Names of a version that is on its way.
struct VersionName {
  std::string model;
  std::string version;
};

// The registered models: name → versions, one of them the default. Each change is made on a copy and swapped in, so
// readers never wait for a load. Thread-safe; changes become visible one after the other.
class ModelManager {
 public:
  // Loads the network of an opened archive: the engine in the program, a fake in tests.
  using LoadModel = std::function<std::unique_ptr<const ServingModel>(const ServingOptions&)>;

  ModelManager(const ServeSettings& settings, LoadModel load);
  ~ModelManager();

  // The version that a request means: the default one when `version` is empty. Throws ModelError.
  std::shared_ptr<ModelVersion> find(const std::string& model, const std::string& version = "") const;
  // All versions of a model, the lowest first. Throws ModelError when there is no such model.
  std::vector<std::shared_ptr<ModelVersion>> versions(const std::string& model) const;
  std::string default_version(const std::string& model) const;
  std::vector<std::string> names() const;  // sorted
  // True when nothing is being started or stopped (set_ready) and every default version has the workers it should
  // have. What is registered has answered its warm-up.
  bool healthy() const;
  // False while the process starts or ends; true from the beginning. Says nothing about single models.
  void set_ready(bool ready);

  // Opens, checks, loads and warms up; visible to requests only when that is done. Throws ModelError, and what loading
  // throws; nothing is changed then. The first registered version of a model is its default.
  std::shared_ptr<ModelVersion> add(const RegisterRequest& request);
  // Opens and checks as add() does and throws as it does; the rest is done by a thread of the manager's. What fails
  // then is logged.
  VersionName add_later(const RegisterRequest& request);
  // Returns when the workers run or have ended. Throws ModelError; InvalidArgument unless 0 ≤ min ≤ max ≤ 128.
  void scale(const std::string& model, const std::string& version, int min_workers, int max_workers);
  // Checks as scale() does; a thread of the manager's does the work.
  void scale_later(const std::string& model, const std::string& version, int min_workers, int max_workers);
  void set_default(const std::string& model, const std::string& version);
  // Takes a version ("": the default one) out of sight, then waits until the requests that hold it are answered. Throws
  // ModelError; DeadlineExceeded when they are not answered in `patience`: the version is gone then all the same.
  void remove(const std::string& model, const std::string& version,
              std::chrono::milliseconds patience = std::chrono::seconds(120));

  // Called after each change, under no lock of a reader, never twice at the same time: writes the snapshot.
  void on_change(std::function<void()> listener);
  // What is registered, as it was registered: for the snapshot. Sorted by name and version.
  struct Entry {
    std::shared_ptr<ModelVersion> version;
    bool default_version = false;
    std::string archive;  // its file's or folder's name in the store
  };
  std::vector<Entry> entries() const;
  const ModelStore& store() const;

  // Ends what the manager's thread does and all versions (ModelVersion::close) by `deadline`. Idempotent.
  void close(Clock::time_point deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::serve
