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

// What went wrong with a model or version, as TorchServe tells it apart: decides status and `type`.
enum class ModelFailure {
  ModelNotFound,      // 404 ModelNotFoundException
  VersionNotFound,    // 404 ModelVersionNotFoundException
  AlreadyRegistered,  // 409 ConflictStatusException
  DefaultVersion,     // 403 InvalidModelVersionException
  DownloadFailed,     // 400 DownloadArchiveException
  InvalidModel,       // 400 ModelException
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
  std::optional<VersionSettings> settings;  // absent: the defaults
  int initial_workers = 0;
  bool at_startup = false;
};

// The registered models: name → versions, one of them the default. Each change is made on a copy and swapped in, so
// readers never wait for a load. Thread-safe; changes are made one after the other.
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
  // True when every default version has answered its warm-up.
  bool healthy() const;

  // Opens, checks, loads and warms up; visible to requests only when that is done. Throws ModelError, and what loading
  // throws; nothing is changed then.
  std::shared_ptr<ModelVersion> add(const RegisterRequest& request);
  void scale(const std::string& model, const std::string& version, int min_workers, int max_workers);
  void set_default(const std::string& model, const std::string& version);
  // Requests that hold the version are answered first.
  void remove(const std::string& model, const std::string& version);

  // Called after each change, under no lock of a reader: writes the snapshot.
  void on_change(std::function<void()> listener);
  // Ends all versions (ModelVersion::close) by `deadline`.
  void close(Clock::time_point deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::serve
