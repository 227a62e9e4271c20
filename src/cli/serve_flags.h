#pragma once

#include <CLI/App.hpp>

#include <string>
#include <vector>

#include "serve/config_properties.h"
#include "serve/serve_settings.h"

namespace animalctl::cli {

// The flags of `serve`: TorchServe's own, the keys of config.properties that are worth a flag, and ours.
class ServeFlags {
 public:
  void declare(CLI::App& app);

  // Everything `serve` runs by: defaults, then the file, then these flags, then TS_ variables where the file lets them.
  // The file is TS_CONFIG_FILE, else `global_config` or --ts-config, else ./config.properties where there is one.
  // `values` receives what was set, for the snapshots. Throws InvalidArgument, NotFound, DataLoss.
  serve::ServeSettings settings(const std::string& global_config, const serve::EnvironmentLookup& environment,
                                serve::ConfigValues& values) const;

 private:
  serve::ConfigValues read_file(const std::string& global_config, const serve::EnvironmentLookup& environment,
                                const serve::Warn& warn) const;
  void declare_review(CLI::App& app);
  void apply_own(serve::ServeSettings& settings) const;
  // Flags that stand for a key of config.properties, by its name.
  serve::ConfigValues given() const;

  std::string ts_config_;
  std::string model_store_;
  std::vector<std::string> models_;
  bool no_snapshots_ = false;
  bool foreground_ = false;
  bool start_ = false;
  bool no_tokens_ = false;
  bool model_api_ = false;
  std::string inference_address_;
  std::string management_address_;
  std::string metrics_address_;
  std::string workers_;
  std::string job_queue_size_;
  std::string prediction_host_ = "127.0.0.1";
  int prediction_port_ = 8000;
  bool no_prediction_api_ = false;
  std::string prediction_model_ = serve::ServeSettings{}.prediction_model;
  std::string canary_config_ = serve::ServeSettings{}.canary_config.string();
  std::string sink_dir_ = serve::ServeSettings{}.sink_folder.string();
  std::string store_images_ = "false";  // "": the flag stands alone
  serve::ReviewSettings review_;
  std::string precision_ = "auto";
  std::string device_ = "auto";
  bool fast_decode_ = false;
  std::string verify_key_;
  std::string key_file_ = serve::ServeSettings{}.key_file.string();
  std::string snapshot_dir_ = serve::ServeSettings{}.snapshot_folder.string();
  int shutdown_grace_ = 30;
};

}  // namespace animalctl::cli
