#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace animalctl::orchestrate {

// Where things lie; relative to the working directory unless absolute.
struct Places {
  std::string model = "animal";  // the served model's name
  std::filesystem::path frames_dir = "data/cats_and_dogs/frames";
  std::filesystem::path annotations_dir = "data/cats_and_dogs/annotations";
  std::filesystem::path data_dir = "data";                     // the split's three files and its ledger
  std::filesystem::path registry_dir = "models/registry";      // versions of models
  std::filesystem::path model_store = "model_store";           // archives that `serve` may load
  std::filesystem::path canary_config = "config/config.json";  // how `serve` shares requests out
  std::filesystem::path runs_dir = "runs";                     // a folder a run
  std::filesystem::path log_dir = "logs/runs";                 // what the steps print
  std::filesystem::path sink_dir = "logs/predictions";         // what `serve` stores
  std::string database = "sqlite:data/lake.db";
  std::vector<std::string> classes = {"cat", "dog"};
};

// When a run begins. A model is trained when any trigger says so and nothing speaks against it.
struct TriggerSettings {
  // The first model: so many labels in all, and of each class.
  std::int64_t first_labels = 50;
  std::int64_t first_labels_per_class = 10;
  // Labels that are new or different since the champion's data: at least so many, and at least this share of the
  // champion's labels. 20 and 1 %: 20 of 100, 10,000 of a million.
  std::int64_t new_labels = 20;
  double new_share = 0.01;
  // Of one class: at least so many, and this share of its labels in the champion's data.
  std::int64_t class_labels = 10;
  double class_share = 0.1;
  std::string schedule;   // cron expression; "": none
  std::string time_zone;  // of the schedule, "Europe/Zurich"; "": the machine's
  // Answers of the champion that people have labelled since: accuracy below this starts a run; negative: the accuracy
  // on the champion's test set less `accuracy_drop`.
  double live_accuracy = -1;
  double accuracy_drop = 0.05;
  std::int64_t live_window = 100;  // answers a window; the newest windows count
  bool drift = true;
  std::int64_t persistence_needed = 2;  // of the last `persistence_windows` windows
  std::int64_t persistence_windows = 3;
  std::chrono::milliseconds cooldown = std::chrono::minutes(60);  // since the last run ended
  // A watch begins no run before so much time has passed without a new label; 20 times as much at most.
  std::chrono::milliseconds settle = std::chrono::seconds(10);
};

// What an undecided comparison with the champion means.
enum class Inconclusive : std::uint8_t { Ask, Promote, Refuse };

// What a new model must show.
struct GateSettings {
  double max_error_share = 0.02;  // of the frames, with an error of `dataset-check`
  double min_accuracy = 0.5;      // on the test set; must be above
  double max_loss = 0;            // must be below; 0: any
  double min_f1 = 0;              // must be above; 0: any
  double alpha = 0.05;            // error rate of the comparison with the champion
  Inconclusive inconclusive = Inconclusive::Ask;
  double max_calibration_error = 0.15;  // ECE beyond what chance gives a set of this size
  std::int64_t golden_requests = 20;
  double golden_tolerance = 0.01;  // between a score of `serve` and of `infer`
};

// How the share of a new version rises.
struct CanarySettings {
  bool enabled = true;                                            // false: promoted when its gates hold
  std::vector<double> steps = {0, 0.1, 0.5};                      // 0: shadow; 1 is the promotion itself
  std::int64_t min_requests = 200;                                // answers of the new version a step
  std::chrono::milliseconds min_time = std::chrono::minutes(10);  // a step
  std::chrono::milliseconds max_time = std::chrono::hours(24);    // a step that sees too few requests ends the canary
  double alpha = 0.05;                                            // error rate of all looks at one measure together
  double max_error_rise = 0.01;                                   // share of failed requests above the champion's
  double max_latency_ratio = 1.5;                                 // median of the time to answer
  double max_disagreement = 0.4;    // share of pictures that both versions answer differently
  double max_score_shift = 0.3;     // mean score on the same pictures
  double max_accuracy_drop = 0.05;  // on pictures that people have labelled
  std::string metrics_url;          // of `serve`: "http://127.0.0.1:8082"; "": errors are not judged
};

// How steps run.
struct StepSettings {
  std::chrono::milliseconds time_limit = std::chrono::hours(12);
  std::int64_t memory_mib =
      0;                      // what a step may take as its own (process::ChildOptions::max_memory_bytes); 0: no limit
  int nice = 5;               // steps give way to what serves
  std::int64_t attempts = 2;  // tries of a step in one run
  std::string settings_file;  // --config of the steps; "": none
  std::int64_t keep_runs = 20;     // folders of runs, besides those of versions that serve or may
  std::int64_t keep_versions = 0;  // versions that keep their files, besides those with an alias; 0: all do
  bool warm_start = true;          // train from the champion's weights
};

struct NotifySettings {
  std::string url;                    // "": nobody is told
  std::filesystem::path secret_file;  // key of the signature
};

// Everything of the section [orchestrate].
struct OrchestrateSettings {
  Places places;
  TriggerSettings triggers;
  GateSettings gates;
  CanarySettings canary;
  StepSettings steps;
  NotifySettings notify;
  int threads = 0;
};

}  // namespace animalctl::orchestrate
