#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "serve/canary_config.h"
#include "serve/file_events.h"
#include "serve/version_keeper.h"

namespace animalctl::serve {

// What a follower does with the prediction API.
struct CanaryFollowing {
  std::filesystem::path file;
  std::function<std::shared_ptr<const CanaryConfig>()> in_use;
  std::function<void()> reload;  // PredictionApi::reload()
};

// Puts the canary config in use whenever its file has changed, so that whoever may write the file needs no token: a
// rollback is one rename. Versions that the file names and that are not loaded are loaded first; until then, and for
// good when that fails, the config in use stays. A file that is wrong is logged once. A file that vanishes changes
// nothing. step() is not thread-safe; wake() is.
class CanaryFollower {
 public:
  // Keepers are made by the caller, so that their `changed` can wake this.
  CanaryFollower(CanaryFollowing following, VersionKeeper& keeper);

  // Looks at the file and does what there is to do, without waiting for anything.
  void step();

  // The same each time something happens, on a thread of its own, until stop(). `look_every`: how often the file is
  // looked at when the kernel says nothing.
  void start(std::chrono::milliseconds look_every = std::chrono::milliseconds(500));
  void stop();
  void wake() { events_.wake(); }

 private:
  void read_when_changed();
  bool all_loaded(const CanaryConfig& config);
  bool put_in_use();
  void complain(const std::string& what);

  const CanaryFollowing following_;
  VersionKeeper& keeper_;
  std::optional<FileIdentity> seen_;
  std::optional<CanaryConfig> wanted_;  // what the file says; nothing: it is in use, or wrong
  std::string complaint_;               // the last one, told once
  FileEvents events_;
  std::jthread thread_;
};

}  // namespace animalctl::serve
