#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "animalctl/lake/database.h"
#include "animalctl/orchestrate/settings.h"
#include "animalctl/orchestrate/triggers.h"

namespace animalctl::orchestrate {

// What a look came to.
enum class LookEnd : std::uint8_t {
  Nothing,   // no trigger fired, or something blocks
  Promoted,  // a new version is the champion
  Canary,    // a new version answers a share of the requests, or is to
  Refused,   // a gate or the canary said no
  Failed,    // a step did not work; it is tried again after the cooldown
};

struct LookResult {
  LookEnd end = LookEnd::Nothing;
  std::string run;     // "" when there was none
  std::string reason;  // a sentence
};

// What the orchestrator needs of the world outside.
struct World {
  // Makes the lake's index of frames say what the folder says (`lake import`).
  std::function<void(lake::Database&, const std::stop_token&)> refresh_frames;
  std::function<TimePoint()> now;  // empty: the system's clock
  std::filesystem::path program;   // what runs the steps; "": this program
};

// Watches labels and answers, trains when there is a reason, and puts into service what is better
// (docs/orchestrate.md). Everything it knows is in the lake, the registry and the folder of runs: it may be killed at
// any moment. Not thread-safe.
class Orchestrator {
 public:
  // Opens the lake. Throws InvalidArgument (settings), and what Database throws.
  Orchestrator(OrchestrateSettings settings, World world);
  ~Orchestrator();
  Orchestrator(const Orchestrator&) = delete;
  Orchestrator& operator=(const Orchestrator&) = delete;

  // Looks at every trigger and changes nothing but what `lake import` changes.
  TriggerReport explain(const std::stop_token& stop);

  // Goes on with the run that is under way, or begins one when a trigger says so, and works until it is over or waits
  // for requests (canary). Throws Unavailable when another orchestrator works in this workspace, Cancelled.
  LookResult look(const std::stop_token& stop);

  // Looks whenever a label changes, and every `interval`, until a stop is requested. `told` hears of every look that
  // did something. Failures of a look are logged, and the next comes at its time. Throws Unavailable as look().
  void watch(std::chrono::milliseconds interval, const std::function<void(const LookResult&)>& told,
             const std::stop_token& stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::orchestrate
