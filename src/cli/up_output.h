#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/base/log.h"
#include "animalctl/process/supervisor.h"

namespace animalctl::cli {

// What `up` says of its parts. Their log lines go to stderr with the part's name before them (as a field where the log
// is JSON); the line of JSON by which a part says that it is ready becomes links for a person, or with --json the same
// line with the part's name in it. Whatever else a part prints is a line of its log. One call at a time.
class UpOutput {
 public:
  UpOutput(bool json, log::Format log_format, std::size_t longest_name, std::FILE* out = stdout,
           std::FILE* log = stderr);

  void line(const std::string& part, bool is_error, std::string_view text);
  void event(const process::PartEvent& event);

 private:
  void log_line(const std::string& part, std::string_view text) const;
  // Links of a part that has become ready.
  void ready(const std::string& part, const nlohmann::ordered_json& line) const;

  const bool json_;
  const log::Format log_format_;
  const std::size_t longest_name_;
  std::FILE* const out_;
  std::FILE* const log_;
};

}  // namespace animalctl::cli
