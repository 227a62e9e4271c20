#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "animalctl/process/supervisor.h"
#include "process/descriptor.h"
#include "process/line_cutter.h"

namespace animalctl::process {

// What the runners tell; one call at a time.
struct PartListener {
  std::function<void(const std::string& part, bool is_error, std::string_view line)> line;
  std::function<void(const PartEvent&)> event;
  std::mutex turn;
};

// Keeps one part running, on the caller's thread.
class PartRunner {
 public:
  PartRunner(const Part& part, const SupervisorOptions& options, PartListener& listener);

  // Returns 0 when it was stopped, else the code it was given up with.
  int run(const std::stop_token& stop);

 private:
  // Starts the part, hands on what it prints and returns how it ended; on a stop it is asked to end.
  ChildEnd run_once(const std::stop_token& stop);
  void hand_on(ChildProcess& child, const std::stop_token& stop);
  // False at the end of the stream.
  bool read_stream(int descriptor, bool is_error, LineCutter& cutter);
  void tell(const PartEvent& event);
  int give_up(int code, const std::string& reason, const std::optional<ChildEnd>& end);

  const Part& part_;
  const SupervisorOptions& options_;
  PartListener& listener_;
};

}  // namespace animalctl::process
