#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/orchestrate/settings.h"

namespace animalctl::orchestrate {

// A command of animalctl that a step runs.
struct StepCommand {
  std::vector<std::string> arguments;  // without the program: "train", "data/train.csv", …
  std::filesystem::path log_file;      // its log lines are appended here
  std::set<int> accepted = {0};        // exit codes that are an answer; 4: the check said no
};

struct StepOutput {
  int exit_code = 0;
  std::string text;  // what it printed
};

// Runs commands of animalctl as child processes, one at a time, under the limits of the settings. A child ends with
// this process, however that ends.
class StepRunner {
 public:
  // `program`: the executable; empty: the one that runs.
  StepRunner(StepSettings settings, std::filesystem::path program);
  virtual ~StepRunner() = default;
  StepRunner(const StepRunner&) = delete;
  StepRunner& operator=(const StepRunner&) = delete;

  // Throws Cancelled (stop), DeadlineExceeded (time limit), and for an exit code that is not accepted:
  // ResourceExhausted (killed, or out of memory), InvalidArgument (2: the settings are wrong), FailedPrecondition (3:
  // its input is), Unavailable (others). The message ends with the last lines of its log.
  virtual StepOutput run(const StepCommand& command, const std::stop_token& stop);

  const std::filesystem::path& program() const { return program_; }
  // With the options that all steps have before the command's own arguments.
  std::vector<std::string> full_command(const std::vector<std::string>& arguments) const;

 private:
  StepSettings settings_;
  std::filesystem::path program_;
};

// The last lines of a file, at most `bytes`; "" when it cannot be read.
std::string tail_of(const std::filesystem::path& file, std::size_t bytes);

}  // namespace animalctl::orchestrate
