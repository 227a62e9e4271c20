#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/process/supervisor.h"

namespace animalctl::cli {

// What `up` was asked for; ports are settled.
struct UpSettings {
  std::filesystem::path workspace = ".";
  std::string host = "127.0.0.1";
  int page_port = 3000;
  int api_port = 3001;
  int prediction_port = 8000;
  int inference_port = 8080;
  int management_port = 8081;
  int metrics_port = 8082;
  std::string classes;   // "": the part's default
  std::string interval;  // of orchestrate; "": its default
  std::string model_store = "model_store";
  bool serve = true;
  bool orchestrate = true;
  bool no_tokens = false;
  int grace_seconds = 30;
  std::string settings_file;  // of --config, absolute; "": none
  std::string log_level = "info";
  std::string log_format = "text";
};

inline constexpr const char* kLabelPart = "label-server";
inline constexpr const char* kServePart = "serve";
inline constexpr const char* kOrchestratePart = "orchestrate";

// The command lines of the parts, in the order in which they are started. `program`: the executable.
std::vector<process::Part> up_parts(const UpSettings& settings, const std::filesystem::path& program);

}  // namespace animalctl::cli
