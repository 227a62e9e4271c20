#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "animalctl/stats/metrics.h"
#include "animalctl/train/evaluate.h"
#include "cli/command.h"
#include "cli/script_flags.h"
#include "cli/validators.h"

namespace animalctl::cli {

// The flags that commands share which score models on a data set.
struct ScoreOptions {
  std::string dataset_csv;
  std::string frames_dir = kDefaultFramesDir;
  std::string annotations_dir = kDefaultAnnotationsDir;
  std::string model_dir = kDefaultModelDir;
  std::string cache_dir = "cache";
  std::string classes = "cat,dog";
  std::string device = "auto";
  int batch_size = 1;
  int threads = 0;
  bool strict = false;
  bool json = false;
  ScriptFlags script;

  void declare(CLI::App& app);
  // The configuration for models named on the command line.
  ScoreConfig config(const std::vector<std::string>& models) const;
};

// "auto", "cpu" or "cuda", already checked by the parser.
Device parse_device(const std::string& word);

// The figures of one model as `--json` shows them.
nlohmann::ordered_json metrics_json(const ClassificationMetrics& metrics);
// The same as rows of a table for people, e.g. "accuracy 0.9100 …".
std::string metrics_line(const ClassificationMetrics& metrics);

}  // namespace animalctl::cli
