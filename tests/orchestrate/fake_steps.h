#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "orchestrate/step_runner.h"

namespace animalctl::test {

// Answers for the commands of animalctl without running any: makes the files that they make.
class FakeSteps final : public orchestrate::StepRunner {
 public:
  FakeSteps() : StepRunner({}, "/bin/false") {}

  orchestrate::StepOutput run(const orchestrate::StepCommand& command, const std::stop_token& stop) override;

  std::vector<std::string> commands;                                           // first words, in order
  std::map<std::string, std::vector<std::string>> last;                        // arguments of each
  std::function<void(const std::string&)> before = [](const std::string&) {};  // may throw
  std::string verdict = "better";                                              // of evaluate
  double accuracy = 0.9;
  bool ready = true;                          // of validate
  std::string architecture = "mobilenet_v2";  // that `train` trains
  std::string settings;                       // what `train --print-config` prints, after its first line

 private:
  void make_files(const orchestrate::StepCommand& command) const;
  std::string answer(const std::string& name) const;
};

}  // namespace animalctl::test
