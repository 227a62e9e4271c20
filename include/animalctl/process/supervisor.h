#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/process/child_process.h"

namespace animalctl::process {

// A program that is to run as long as the supervisor does.
struct Part {
  std::string name;
  ChildOptions options;  // its streams become pipes
  // Blocks until the part may start; false: it was stopped before. Empty: it may start at once. Called on the part's
  // own thread, again before each restart.
  std::function<bool(const std::stop_token&)> await;
};

// What happens to a part.
struct PartEvent {
  enum class Kind {
    Started,
    Restarting,  // it ended and will be started again after `delay`
    GaveUp,      // it cannot start: it will not be tried again
    Stopped,     // it ended because it was asked to
  };
  Kind kind = Kind::Started;
  std::string part;
  int pid = 0;
  std::optional<ChildEnd> end;         // how the last run ended
  std::string reason;                  // GaveUp: in words
  std::chrono::milliseconds delay{0};  // Restarting
};

struct SupervisorOptions {
  // Waits before the restarts after the first, second, … failure: doubled each time, and back at the first once a part
  // has run for `stable_after`.
  std::chrono::milliseconds first_delay{1'000};
  std::chrono::milliseconds longest_delay{60'000};
  std::chrono::milliseconds stable_after{60'000};
  // How long the parts have to end after SIGTERM; then they are killed.
  std::chrono::milliseconds grace{30'000};
  // Exit codes by which a part says that another try would end the same way.
  std::set<int> hopeless_codes = {2, 3};
};

// Runs parts side by side, each in its own process group: restarts those that end, with growing delays, gives up those
// that cannot start, and ends all of them together. What they print is handed on line by line. Not thread-safe.
class Supervisor {
 public:
  // A line of a part's output, without its end. `is_error`: from its standard error. Lines above 64 KiB come in pieces.
  using OnLine = std::function<void(const std::string& part, bool is_error, std::string_view line)>;
  using OnEvent = std::function<void(const PartEvent&)>;

  // Both functions are called from several threads, one call at a time. They must not call back.
  Supervisor(std::vector<Part> parts, SupervisorOptions options, OnLine on_line, OnEvent on_event);

  // Runs until a stop is requested and every part has ended, or until all have been given up. Returns 0 after a stop,
  // else the exit code of the part that was given up last (5 where it could not even be started). Reaps orphans
  // meanwhile when this process is PID 1.
  int run(const std::stop_token& stop);

 private:
  std::vector<Part> parts_;
  SupervisorOptions options_;
  OnLine on_line_;
  OnEvent on_event_;
};

}  // namespace animalctl::process
