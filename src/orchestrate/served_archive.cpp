#include "orchestrate/served_archive.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/process/child_process.h"
#include "orchestrate/step_runner.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadyLimit = 60s;
constexpr const char* kFreePort = "http://127.0.0.1:0";
constexpr std::size_t kMaxLine = 64 << 10;

std::vector<std::string> serve_arguments(const ServedArchiveOptions& options) {
  const auto scratch = [&](const char* name) { return (options.scratch / name).string(); };
  return {"serve", "--model-store", options.archive.parent_path().string(), "--models",
          options.model + "=" + options.archive.filename().string(), "--no-config-snapshots",
          // What was packed is asked for, not how it is rounded.
          "--precision", "fp32", "--disable-token-auth", "--inference-address", kFreePort, "--management-address",
          kFreePort, "--metrics-address", kFreePort, "--prediction-host", "127.0.0.1", "--prediction-port", "0",
          "--prediction-model", options.model, "--canary-config", scratch("config.json"), "--key-file",
          scratch("keys.json"), "--snapshot-dir", scratch("snapshots"), "--sink-dir", ""};
}

process::ChildOptions child_options(const StepRunner& runner, const ServedArchiveOptions& options) {
  process::ChildOptions child;
  // Settings of the server in service (where it stores what) are not this one's: no settings file.
  child.arguments = serve_arguments(options);
  child.arguments.insert(child.arguments.begin(), runner.program().string());
  child.environment = {
      {"TS_CONFIG_FILE", std::nullopt}, {"ANIMALCTL_STORE_IMAGES", "false"}, {"ANIMALCTL_REVIEW_IMAGES", ""}};
  child.output = process::Stream::Pipe;
  child.error = process::Stream::File;
  child.log_file = options.log_file;
  child.time_limit = std::chrono::minutes(30);
  return child;
}

}  // namespace

struct ServedArchive::State {
  explicit State(const process::ChildOptions& options) : child(options) {}

  // The first line it prints.
  std::string first_line(const std::stop_token& stop) {
    const auto deadline = std::chrono::steady_clock::now() + kReadyLimit;
    std::string line;
    std::array<char, 4096> buffer{};
    while (std::chrono::steady_clock::now() < deadline && line.size() < kMaxLine) {
      if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while a server was starting");
      const ssize_t count = ::read(child.output_pipe(), buffer.data(), buffer.size());
      if (count > 0) line.append(buffer.data(), static_cast<std::size_t>(count));
      if (const std::size_t end = line.find('\n'); end != std::string::npos) return line.substr(0, end);
      if (count == 0) break;
      pollfd waiting{child.output_pipe(), POLLIN, 0};
      if (count < 0) (void)::poll(&waiting, 1, 100);
    }
    return "";
  }

  process::ChildProcess child;
};

ServedArchive::ServedArchive(const StepRunner& runner, const ServedArchiveOptions& options,
                             const std::stop_token& stop) {
  create_folders(options.scratch);
  const nlohmann::ordered_json config = {
      {"traffic", 1.0}, {"current_version", options.version}, {"previous_version", options.version}};
  write_file_atomic(options.scratch / "config.json", config.dump());
  state_ = std::make_unique<State>(child_options(runner, options));
  const std::string line = state_->first_line(stop);
  if (line.empty()) {
    state_->child.terminate(1s);
    throw Error(ErrorCode::Unavailable, fmt::format("serve did not get ready with {}; it said last: {}",
                                                    options.archive.string(), tail_of(options.log_file, 600)));
  }
  url_ = parse_json(line, "the line of serve").value("prediction", "");
  if (url_.empty()) throw Error(ErrorCode::Unavailable, "serve told no address of its prediction API: " + line);
}

ServedArchive::~ServedArchive() {
  if (state_ == nullptr) return;
  try {
    state_->child.terminate(5s);
  } catch (const Error&) {
    // Its own destructor kills it.
  }
}

}  // namespace animalctl::orchestrate
