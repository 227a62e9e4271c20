#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/config_properties.h"
#include "serve/model_manager.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// What was registered when a snapshot was written.
struct SavedModels {
  std::filesystem::path file;
  std::vector<StartupModel> models;
  std::string asked;  // startup_digest() of the settings at that time; "" in snapshots of TorchServe
};

// Names what the configuration asks to be registered at start: a snapshot is restored only while that has not changed,
// so that an edited configuration is never overruled by an old snapshot.
std::string startup_digest(const ServeSettings& settings);

// Files like TorchServe's logs/config/20261125140359123-snapshot.cfg: config.properties with everything registered in
// `model_snapshot`. One instance a folder; thread-safe.
class SnapshotFolder {
 public:
  using Now = std::function<std::chrono::system_clock::time_point()>;
  explicit SnapshotFolder(std::filesystem::path folder, Now now = std::chrono::system_clock::now);

  // The newest one; nothing when there is none. One that cannot be read is a warning and counts as none.
  std::optional<SavedModels> last(const Warn& warn) const;

  // Writes the next one atomically, `kind` being "startup", "snapshot" or "shutdown", and removes all but the
  // newest 32. Throws what writing throws.
  void write(std::string_view kind, const ConfigValues& config, const std::string& asked,
             const std::vector<ModelManager::Entry>& entries);

 private:
  std::vector<std::filesystem::path> files() const;  // the oldest first

  const std::filesystem::path folder_;
  const Now now_;
};

}  // namespace animalctl::serve
