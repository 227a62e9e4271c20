#include "serve/canary_follower.h"

#include <fmt/core.h>

#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"

namespace animalctl::serve {

CanaryFollower::CanaryFollower(CanaryFollowing following, VersionKeeper& keeper)
    : following_(std::move(following)), keeper_(keeper), events_(following_.file) {}

void CanaryFollower::start(std::chrono::milliseconds look_every) {
  thread_ = std::jthread([this, look_every](const std::stop_token& stop) {
    const std::stop_callback wake_up(stop, [this] { wake(); });
    while (!stop.stop_requested()) {
      try {
        step();
      } catch (const std::exception& error) {
        complain(error.what());
      }
      if (!stop.stop_requested()) events_.wait(look_every);
    }
  });
}

void CanaryFollower::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void CanaryFollower::step() {
  read_when_changed();
  // Without a file nobody has asked for any version.
  if (!seen_) return;
  const auto in_use = following_.in_use();
  if (!all_loaded(wanted_ ? *wanted_ : *in_use) || !wanted_) return;
  // The API itself may have written the file: what it asks for is in use then, and it may go back to any version.
  if (*wanted_ != *in_use) {
    if (!put_in_use()) return;
    keeper_.unload_others(*following_.in_use());
  }
  wanted_.reset();
}

void CanaryFollower::read_when_changed() {
  const auto identity = file_identity(following_.file);
  if (identity == seen_) return;
  const bool vanished = !identity && seen_;
  seen_ = identity;
  wanted_.reset();
  if (vanished) complain(fmt::format("{} has vanished", following_.file.string()));
  if (!identity) return;
  try {
    wanted_ = read_canary_config(following_.file);
    complaint_.clear();
  } catch (const Error& error) {
    complain(error.message());
  }
}

// Versions that are missing are being loaded when it returns.
bool CanaryFollower::all_loaded(const CanaryConfig& config) {
  bool all = true;
  for (const int version : {config.current_version, config.previous_version}) {
    if (keeper_.has(version)) continue;
    all = false;
    // What fails was told by the keeper.
    if (keeper_.load(version) == VersionKeeper::Loading::NoArchive) {
      complain(fmt::format("it names version {}, which is neither loaded nor in the model store", version));
    }
  }
  return all;
}

bool CanaryFollower::put_in_use() {
  try {
    following_.reload();
  } catch (const Error& error) {
    complain(error.message());
    return false;
  }
  complaint_.clear();
  log::info("the canary config has changed", {{"config", to_json(*following_.in_use())}});
  return true;
}

void CanaryFollower::complain(const std::string& what) {
  if (what == complaint_) return;
  complaint_ = what;
  log::error("the canary config cannot be put in use; the one in use stays",
             {{"file", following_.file.string()}, {"reason", what}});
}

}  // namespace animalctl::serve
