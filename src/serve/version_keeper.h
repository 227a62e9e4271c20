#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "serve/canary_config.h"
#include "serve/file_events.h"
#include "serve/model_manager.h"
#include "serve/serve_settings.h"
#include "serve/task_thread.h"

namespace animalctl::serve {

// Loads and unloads versions of the prediction API's model as the canary config needs them, on a thread of its own.
// Version N is the archive <model store>/<model>-N.mar; versions that were registered from other names are never
// touched. Thread-safe.
class VersionKeeper {
 public:
  // `changed` is called after each load or unload, on the keeper's thread. What is passed must outlive it.
  VersionKeeper(ModelManager& models, const ServeSettings& settings, std::function<void()> changed);
  ~VersionKeeper();  // close()
  VersionKeeper(const VersionKeeper&) = delete;
  VersionKeeper& operator=(const VersionKeeper&) = delete;

  // True when requests may be given to the version: registered, and not about to be unloaded.
  bool has(int version) const;

  enum class Loading {
    UnderWay,   // begun now or earlier; `changed` tells its end
    NoArchive,  // there is no such archive
    Failed,     // this archive was tried; another one of the name will be tried again
  };
  Loading load(int version);

  // Unloads, once their requests are answered, all versions but those the config names.
  void unload_others(const CanaryConfig& config);

  // Ends what is under way. Idempotent.
  void close();

 private:
  std::string archive_name(int version) const;
  void load_now(int version, const FileIdentity& archive);
  void unload_now(int version, const std::string& name, int successor);

  ModelManager& models_;
  const ServeSettings& settings_;
  const std::function<void()> changed_;
  mutable std::mutex mutex_;
  std::set<int> loading_;                // guarded by mutex_
  std::set<int> leaving_;                // guarded by mutex_
  std::map<int, FileIdentity> refused_;  // archives that could not be loaded; guarded by mutex_
  TaskThread tasks_;                     // last: ends before what it works on
};

}  // namespace animalctl::serve
