#pragma once

#include <CLI/App.hpp>

#include <string>
#include <vector>

#include "cli/validators.h"
#include "label/server/label_process.h"

namespace animalctl::cli {

// The flags of label-server.
class LabelFlags {
 public:
  void declare(CLI::App& app);
  // Fills in what depends on other flags: trash, database and index stand beside the frames.
  void settle();
  // Throws InvalidArgument: classes, a certificate without its key.
  label::LabelServerSettings settings() const;
  const std::string& suspects_file() const { return suspects_; }

 private:
  void declare_folders(CLI::App& app);
  void declare_addresses(CLI::App& app);
  void declare_access(CLI::App& app);
  void declare_console(CLI::App& app);

  std::string frames_dir_ = kDefaultFramesDir;
  std::string annotations_dir_ = kDefaultAnnotationsDir;
  std::string trash_dir_;
  std::string database_;
  std::string index_file_;
  std::string classes_ = "cat,dog";
  std::string host_ = "127.0.0.1";
  int port_ = 3000;
  int api_port_ = 3001;
  bool no_api_port_ = false;
  std::string tokens_;
  bool no_tokens_ = false;
  std::vector<std::string> allowed_hosts_;
  std::vector<std::string> cors_origins_ = {"http://localhost:3000"};
  double rate_limit_ = 200;
  std::string certificate_;
  std::string private_key_;
  std::string predict_url_;
  double blind_share_ = 0.05;
  int drift_every_ = 300;
  std::string registry_dir_ = console::ConsoleSettings{}.registry_dir.string();
  std::string model_store_ = console::ConsoleSettings{}.model_store.string();
  std::string canary_config_ = console::ConsoleSettings{}.canary_config.string();
  std::string runs_dir_ = console::ConsoleSettings{}.runs_dir.string();
  std::string run_log_dir_ = console::ConsoleSettings{}.log_dir.string();
  std::string suspects_;
  std::string web_root_;
  int shutdown_grace_ = 10;
};

}  // namespace animalctl::cli
