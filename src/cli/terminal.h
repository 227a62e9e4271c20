#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "animalctl/base/progress.h"

namespace animalctl::cli {

// stdout for results, and on stderr a progress bar when it is a terminal. Used from one thread.
class Terminal final : public ProgressSink {
 public:
  Terminal();
  ~Terminal() override;

  // Writes one line to stdout, first wiping a bar that is being shown.
  void print_line(std::string_view line);
  // Pushes stdout out; throws ResourceExhausted when it could not be written (full disk behind `>`).
  void flush();
  // True when stderr is a terminal: progress is shown as a bar, else by lines of the command's own.
  bool interactive() const { return interactive_; }

  void begin(std::string_view what, std::size_t total) override;
  void advance(std::size_t done) override;
  void end() override;

 private:
  void draw();
  void wipe();

  bool interactive_;
  bool shown_ = false;
  bool failed_ = false;
  std::string what_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace animalctl::cli
