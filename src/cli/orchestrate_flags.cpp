#include "cli/orchestrate_flags.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <cmath>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "cli/duration.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

constexpr long long kMostItems = 1'000'000'000;
constexpr const char* kTriggers = "Triggers";
constexpr const char* kGates = "Gates";
constexpr const char* kCanary = "Canary";
constexpr const char* kSteps = "Steps";

void count(CLI::App& app, const char* flag, std::int64_t& value, const char* what, const char* group,
           long long low = 1) {
  app.add_option(flag, value, what)
      ->type_name("N")
      ->check(integer_between(low, kMostItems))
      ->capture_default_str()
      ->group(group);
}

void share(CLI::App& app, const char* flag, double& value, const char* what, const char* group) {
  app.add_option(flag, value, what)->type_name("X")->check(number_between(0, 1))->capture_default_str()->group(group);
}

void text(CLI::App& app, const char* flag, std::string& value, const char* what, const char* type, const char* group) {
  app.add_option(flag, value, what)->type_name(type)->capture_default_str()->group(group);
}

void time(CLI::App& app, const char* flag, std::string& value, const char* what, const char* group) {
  app.add_option(flag, value, what)
      ->type_name("TIME")
      ->check(duration_text(false))
      ->capture_default_str()
      ->group(group);
}

std::chrono::milliseconds milliseconds(const std::string& value) {
  return std::chrono::ceil<std::chrono::milliseconds>(parse_duration(value));
}

// "shadow,0.1,0.5" → 0, 0.1, 0.5: rising, below 1.
std::vector<double> parse_canary_steps(const std::string& list) {
  std::vector<double> steps;
  for (const std::string& part : split(list, ',')) {
    const std::string word(trim(part));
    double value = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    const bool number = problem == std::errc() && end == word.data() + word.size() && std::isfinite(value);
    const bool rises = steps.empty() ? value >= 0 : value > steps.back();
    if (word != "shadow" && (!number || value >= 1 || !rises)) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("--canary-steps is \"{}\"; give rising shares below 1, the first may be shadow: "
                              "shadow,0.1,0.5",
                              list));
    }
    if (word == "shadow" && !steps.empty()) {
      throw Error(ErrorCode::InvalidArgument, "--canary-steps: shadow must be the first step");
    }
    steps.push_back(word == "shadow" ? 0 : value);
  }
  return steps;
}

orchestrate::Inconclusive parse_inconclusive(const std::string& word) {
  if (word == "promote") return orchestrate::Inconclusive::Promote;
  return word == "refuse" ? orchestrate::Inconclusive::Refuse : orchestrate::Inconclusive::Ask;
}

}  // namespace

void OrchestrateFlags::declare(CLI::App& app) {
  declare_places(app);
  declare_triggers(app);
  declare_gates(app);
  declare_canary(app);
  declare_steps(app);
}

void OrchestrateFlags::declare_places(CLI::App& app) {
  const auto folder = [&](const char* flag, std::string& value, const char* what) {
    app.add_option(flag, value, what)->type_name("DIR")->capture_default_str();
  };
  app.add_option("--model", settings_.places.model, "Name of the model, in the registry and in serve")
      ->type_name("NAME")
      ->capture_default_str();
  declare_frames_dir(app, frames_dir_ = kDefaultFramesDir);
  declare_annotations_dir(app, annotations_dir_ = kDefaultAnnotationsDir);
  declare_classes(app, classes_);
  folder("--data-dir", data_dir_, "Folder of the split: train.csv, val.csv, test.csv, stable_split.csv");
  folder("--registry-dir", registry_dir_, "Folder of the registry");
  folder("--model-store", model_store_, "Folder of the archives that serve loads");
  app.add_option("--canary-config", canary_config_, "File by which serve shares requests out")
      ->type_name("FILE")
      ->capture_default_str();
  folder("--runs-dir", runs_dir_, "Folder of the runs");
  folder("--log-dir", log_dir_, "Folder of what the steps print");
  folder("--sink-dir", sink_dir_, "Folder where serve stores queries and answers");
  app.add_option("--database", settings_.places.database, "sqlite:FILE or postgresql://HOST/NAME")
      ->type_name("ADDRESS")
      ->capture_default_str();
  declare_threads(app, settings_.threads);
}

void OrchestrateFlags::declare_triggers(CLI::App& app) {
  orchestrate::TriggerSettings& triggers = settings_.triggers;
  count(app, "--first-labels", triggers.first_labels, "Labels that a first model needs", kTriggers);
  count(app, "--first-labels-per-class", triggers.first_labels_per_class, "and of each class", kTriggers);
  count(app, "--new-labels", triggers.new_labels, "New or different labels that start a run, at least", kTriggers);
  share(app, "--new-share", triggers.new_share, "and at least this share of the champion's labels", kTriggers);
  count(app, "--class-labels", triggers.class_labels, "The same of one class: labels, at least", kTriggers);
  share(app, "--class-share", triggers.class_share, "and at least this share of the class's labels", kTriggers);
  text(app, "--schedule", triggers.schedule, "Cron expression (\"30 3 * * 1\", @daily); \"\": none", "CRON", kTriggers);
  text(app, "--time-zone", triggers.time_zone, "Time zone of the schedule, e.g. Europe/Zurich [the machine's]", "ZONE",
       kTriggers);
  app.add_option("--live-accuracy", triggers.live_accuracy,
                 "Accuracy of answers that people judged blind, below which a run starts; -1: the champion's on its "
                 "test set less --accuracy-drop")
      ->type_name("X")
      ->check(number_between(-1, 1))
      ->capture_default_str()
      ->group(kTriggers);
  share(app, "--accuracy-drop", triggers.accuracy_drop, "See --live-accuracy", kTriggers);
  count(app, "--live-window", triggers.live_window, "Answers a window, for drift and live accuracy", kTriggers, 50);
  app.add_flag("--no-drift", no_drift_, "Drift starts no run")->group(kTriggers);
  count(app, "--persistence-needed", triggers.persistence_needed, "Windows that must have drifted", kTriggers);
  count(app, "--persistence-windows", triggers.persistence_windows, "of the last so many", kTriggers);
  time(app, "--cooldown", cooldown_, "Time from the end of a run to the next", kTriggers);
  time(app, "--settle", settle_, "A watch trains when no label has come for this long: people label in bursts",
       kTriggers);
}

void OrchestrateFlags::declare_gates(CLI::App& app) {
  orchestrate::GateSettings& gates = settings_.gates;
  share(app, "--max-error-share", gates.max_error_share, "Errors of dataset-check, of the frames", kGates);
  share(app, "--min-accuracy", gates.min_accuracy, "Accuracy on the test set must be above this", kGates);
  app.add_option("--max-loss", gates.max_loss, "Loss on the test set must be below this; 0: any")
      ->type_name("X")
      ->check(number_from(0))
      ->capture_default_str()
      ->group(kGates);
  share(app, "--min-f1", gates.min_f1, "F1 on the test set must be above this; 0: any", kGates);
  app.add_option("--alpha", gates.alpha, "Error rate of the comparison with the champion")
      ->type_name("X")
      ->check(number_between(1e-6, 0.5))
      ->capture_default_str()
      ->group(kGates);
  app.add_option("--inconclusive", inconclusive_,
                 "When the test set cannot tell the two models apart: ask (register the new one, promote nothing), "
                 "promote (let the canary decide), refuse")
      ->check(one_of({"ask", "promote", "refuse"}))
      ->capture_default_str()
      ->group(kGates);
  share(app, "--max-calibration-error", gates.max_calibration_error,
        "Expected calibration error, beyond what chance gives a test set of this size", kGates);
  count(app, "--golden-requests", gates.golden_requests, "Images asked of the archive in a real serve", kGates, 0);
  share(app, "--golden-tolerance", gates.golden_tolerance, "between its scores and those of infer", kGates);
}

void OrchestrateFlags::declare_canary(CLI::App& app) {
  orchestrate::CanarySettings& canary = settings_.canary;
  app.add_flag("--no-canary", no_canary_, "Promote when the gates hold, without a canary")->group(kCanary);
  text(app, "--canary-steps", canary_steps_,
       "Shares of the requests for the new version, rising; shadow: it answers none", "LIST", kCanary);
  count(app, "--canary-min-requests", canary.min_requests, "Answers of the new version a step", kCanary);
  time(app, "--canary-min-time", canary_min_time_, "Time a step, at least", kCanary);
  time(app, "--canary-max-time", canary_max_time_, "Time a step, at most: too few requests by then end the canary",
       kCanary);
  app.add_option("--canary-alpha", canary.alpha, "Error rate of all looks at one measure together")
      ->type_name("X")
      ->check(number_between(1e-6, 0.5))
      ->capture_default_str()
      ->group(kCanary);
  share(app, "--max-error-rise", canary.max_error_rise, "Share of failed requests above the champion's", kCanary);
  app.add_option("--max-latency-ratio", canary.max_latency_ratio, "Time to answer, of the champion's")
      ->type_name("X")
      ->check(number_between(1, 1000))
      ->capture_default_str()
      ->group(kCanary);
  share(app, "--max-disagreement", canary.max_disagreement, "Share of pictures that the two answer differently",
        kCanary);
  share(app, "--max-score-shift", canary.max_score_shift, "Difference of their mean scores on the same pictures",
        kCanary);
  share(app, "--max-accuracy-drop", canary.max_accuracy_drop, "Accuracy below the champion's, where people labelled",
        kCanary);
  text(app, "--metrics-url", canary.metrics_url, "Metrics of serve, for failed requests, e.g. http://127.0.0.1:8082",
       "URL", kCanary);
}

void OrchestrateFlags::declare_steps(CLI::App& app) {
  orchestrate::StepSettings& steps = settings_.steps;
  time(app, "--step-time-limit", step_time_limit_, "Time a step may take; 0: any", kSteps);
  count(app, "--step-memory", steps.memory_mib, "MiB a step may take as its own; 0: any", kSteps, 0);
  count(app, "--step-attempts", steps.attempts, "Tries of a step", kSteps);
  count(app, "--keep-runs", steps.keep_runs, "Folders of runs that are kept, besides those of versions in service",
        kSteps);
  count(app, "--keep-versions", steps.keep_versions,
        "Old versions that keep checkpoint and archive, besides those with an alias; 0: all", kSteps, 0);
  app.add_flag("--cold-start", cold_start_, "Do not train from the champion's weights")->group(kSteps);
  text(app, "--notify-url", settings_.notify.url, "Who is told of every decision, by POST", "URL", kSteps);
  text(app, "--notify-secret-file", secret_file_, "File with the key that signs it (HMAC-SHA256)", "FILE", kSteps);
}

orchestrate::OrchestrateSettings OrchestrateFlags::settings(const std::string& settings_file) const {
  orchestrate::OrchestrateSettings settings = settings_;
  settings.places.frames_dir = frames_dir_;
  settings.places.annotations_dir = annotations_dir_;
  settings.places.classes = parse_classes(classes_);
  settings.places.data_dir = data_dir_;
  settings.places.registry_dir = registry_dir_;
  settings.places.model_store = model_store_;
  settings.places.canary_config = canary_config_;
  settings.places.runs_dir = runs_dir_;
  settings.places.log_dir = log_dir_;
  settings.places.sink_dir = sink_dir_;
  settings.triggers.drift = !no_drift_;
  settings.triggers.cooldown = milliseconds(cooldown_);
  settings.triggers.settle = milliseconds(settle_);
  settings.gates.inconclusive = parse_inconclusive(inconclusive_);
  settings.canary.enabled = !no_canary_;
  settings.canary.steps = parse_canary_steps(canary_steps_);
  settings.canary.min_time = milliseconds(canary_min_time_);
  settings.canary.max_time = milliseconds(canary_max_time_);
  settings.steps.time_limit = milliseconds(step_time_limit_);
  settings.steps.settings_file = settings_file;
  settings.steps.warm_start = !cold_start_;
  settings.notify.secret_file = secret_file_;
  return settings;
}

}  // namespace animalctl::cli
