#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace animalctl::orchestrate {

class StepRunner;

// What to serve, for a moment and only for this process.
struct ServedArchiveOptions {
  std::filesystem::path archive;
  std::string model;
  std::int64_t version = 0;
  std::filesystem::path scratch;
  std::filesystem::path log_file;
};

// A child `serve` with one archive, on free ports of 127.0.0.1, that stores nothing. Ends with this object.
class ServedArchive {
 public:
  // Returns when it is ready. Throws Unavailable (it ended, or was not ready within a minute; the message ends with
  // its last words), Cancelled.
  ServedArchive(const StepRunner& runner, const ServedArchiveOptions& options, const std::stop_token& stop);
  ~ServedArchive();
  ServedArchive(const ServedArchive&) = delete;
  ServedArchive& operator=(const ServedArchive&) = delete;

  // Address of its prediction API.
  const std::string& url() const { return url_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string url_;
};

}  // namespace animalctl::orchestrate
