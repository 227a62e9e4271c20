#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "orchestrate/gates.h"
#include "orchestrate/step_runner.h"

namespace animalctl::orchestrate {

// What is asked of an archive in a real `serve`.
struct GoldenQuestion {
  std::filesystem::path archive;              // <model>.mar
  std::string model;                          // the name it is served under
  std::int64_t version = 0;                   // what its answers must say
  std::vector<std::filesystem::path> images;  // asked one after the other
  std::filesystem::path checkpoint;           // what `infer` answers with
  std::filesystem::path log_file;
  std::filesystem::path scratch;  // for the server's files
  double tolerance = 0.01;
};

// Starts `serve` on free ports of 127.0.0.1 with the archive, asks its prediction API for every image, stops it, and
// compares with `infer`: the gate "archive" passes when every answer has this version, a score within the tolerance,
// and the class, unless the score lies within the tolerance of the threshold. Throws as StepRunner::run(), Unavailable
// when the server does not get ready within a minute.
Gate ask_golden_requests(StepRunner& runner, const GoldenQuestion& question, const std::stop_token& stop);

}  // namespace animalctl::orchestrate
