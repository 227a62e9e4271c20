#pragma once

#include <filesystem>
#include <string>

#include "cli/command.h"

namespace animalctl::cli {

// `models register`: its flags and its work.
class ModelsRegister {
 public:
  void declare(CLI::App& app);
  // Makes the version; returns the exit code. `model` "" : the archive's.
  int run(Context& context, const std::filesystem::path& root, const std::string& model, const std::string& checkpoint,
          const std::string& by, bool json) const;

 private:
  std::string archive_;
  std::string run_;
  std::string report_;
  std::string page_;
  std::string train_csv_;
  std::string val_csv_;
  std::string test_csv_;
  std::string frames_dir_;
  std::string annotations_dir_;
  std::string trigger_ = "by hand";
  std::int64_t parent_ = 0;
  std::string mlflow_uri_;
  std::string mlflow_experiment_ = "animalctl";
};

}  // namespace animalctl::cli
