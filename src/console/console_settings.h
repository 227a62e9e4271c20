#pragma once

#include <filesystem>
#include <string>

namespace animalctl::console {

// Where the pages Runs, Models, Drift and Canary read; relative to the working directory unless absolute.
struct ConsoleSettings {
  std::string database = "sqlite:data/lake.db";                // runs, decisions, answers
  std::filesystem::path registry_dir = "models/registry";      // versions and what happened to them
  std::filesystem::path model_store = "model_store";           // archives that `serve` may load
  std::filesystem::path canary_config = "config/config.json";  // how `serve` shares requests out
  std::filesystem::path runs_dir = "runs";                     // a folder a run
  std::filesystem::path log_dir = "logs/runs";                 // what the steps of a run print
  std::filesystem::path annotations_dir;                       // what people said, for drift; "": not looked at
};

}  // namespace animalctl::console
