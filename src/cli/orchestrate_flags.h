#pragma once

#include <CLI/App.hpp>

#include <cstdint>
#include <string>

#include "animalctl/orchestrate/settings.h"

namespace animalctl::cli {

// The flags of `orchestrate`, which are also the keys of the section [orchestrate].
class OrchestrateFlags {
 public:
  void declare(CLI::App& app);
  // `settings_file`: the file of --config, which the steps read too; "" without. Throws InvalidArgument.
  orchestrate::OrchestrateSettings settings(const std::string& settings_file) const;

 private:
  void declare_places(CLI::App& app);
  void declare_triggers(CLI::App& app);
  void declare_gates(CLI::App& app);
  void declare_canary(CLI::App& app);
  void declare_steps(CLI::App& app);

  orchestrate::OrchestrateSettings settings_;
  std::string frames_dir_;
  std::string annotations_dir_;
  std::string classes_ = "cat,dog";
  std::string data_dir_ = "data";
  std::string registry_dir_ = "models/registry";
  std::string model_store_ = "model_store";
  std::string canary_config_ = "config/config.json";
  std::string runs_dir_ = "runs";
  std::string log_dir_ = "logs/runs";
  std::string sink_dir_ = "logs/predictions";
  std::string cooldown_ = "1h";
  std::string settle_ = "10s";
  std::string inconclusive_ = "ask";
  std::string canary_steps_ = "shadow,0.1,0.5";
  std::string canary_min_time_ = "10m";
  std::string canary_max_time_ = "24h";
  std::string step_time_limit_ = "12h";
  std::string secret_file_;
  bool no_drift_ = false;
  bool no_canary_ = false;
  bool cold_start_ = false;
};

}  // namespace animalctl::cli
