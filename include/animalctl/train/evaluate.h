#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/progress.h"
#include "animalctl/model/predictor.h"

namespace animalctl {

struct ScoreConfig {
  // One or more checkpoints, or "torchscript:FILE", with the same classes.
  std::vector<std::filesystem::path> models;
  ScriptOptions script;  // of the TorchScript models; its classes are those below
  std::filesystem::path dataset_csv;
  std::filesystem::path frames_dir;
  std::filesystem::path annotations_dir;
  std::vector<std::string> classes = {"CAT", "DOG"};
  int batch_size = 1;
  int threads = 0;  // 0: one a core
  Device device = Device::Auto;
  Precision precision = Precision::Auto;
  std::filesystem::path cache_dir = "cache";
  bool strict = false;
};

// The scores of every model on every readable frame of a data set, decoded once.
struct ScoreTable {
  std::vector<std::filesystem::path> frames;  // in the CSV's order
  std::vector<int> labels;                    // class numbers, one a frame
  // [model]: two classes: one score a frame, P(classes[1]); more: row-major [frame × class], rows adding to 1
  std::vector<std::vector<float>> scores;
  std::vector<ModelInfo> models;
  std::size_t skipped = 0;  // unreadable or unlabelled, each reported
};

// Throws as train() does; Cancelled when `stop` is requested.
ScoreTable score_dataset(const ScoreConfig& config, ProgressSink& progress, std::stop_token stop);

}  // namespace animalctl
