#include "cli/up_parts.h"

#include <fmt/core.h>

#include "cli/await_archive.h"
#include "cli/up_ports.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

using Arguments = std::vector<std::string>;

process::Part make_part(const char* name, const UpSettings& settings, const std::filesystem::path& program,
                        const Arguments& own) {
  process::Part part;
  part.name = name;
  part.options.folder = settings.workspace;
  Arguments& arguments = part.options.arguments;
  arguments = {program.string(), name, "--log-level", settings.log_level, "--log-format", settings.log_format};
  if (!settings.settings_file.empty()) arguments.insert(arguments.end(), {"--config", settings.settings_file});
  arguments.insert(arguments.end(), own.begin(), own.end());
  return part;
}

std::string http_url(const std::string& host, int port) {
  return "http://" + host_and_port(host, port);
}

Arguments label_arguments(const UpSettings& settings) {
  Arguments arguments = {"--host",     settings.host,
                         "--port",     std::to_string(settings.page_port),
                         "--api-port", std::to_string(settings.api_port)};
  if (settings.serve) {
    arguments.insert(arguments.end(),
                     {"--predict-url", http_url(reachable_host(settings.host), settings.prediction_port)});
  }
  if (!settings.classes.empty()) arguments.insert(arguments.end(), {"--classes", settings.classes});
  if (settings.no_tokens) arguments.emplace_back("--no-tokens");
  return arguments;
}

Arguments serve_arguments(const UpSettings& settings) {
  // What lies in the model store is what is served: a restart finds what was registered before by itself.
  Arguments arguments = {"--model-store", settings.model_store, "--models", "all", "--no-config-snapshots",
                         "--enable-model-api", "--inference-address", http_url(settings.host, settings.inference_port),
                         "--management-address", http_url(settings.host, settings.management_port), "--metrics-address",
                         http_url(settings.host, settings.metrics_port), "--prediction-host", settings.host,
                         "--prediction-port", std::to_string(settings.prediction_port),
                         // What is worth a label comes to the labeller by itself.
                         "--review-images", kDefaultFramesDir};
  if (settings.no_tokens) arguments.emplace_back("--disable-token-auth");
  return arguments;
}

Arguments orchestrate_arguments(const UpSettings& settings) {
  Arguments arguments;
  // Failed requests of a canary stand in the metrics alone.
  if (settings.serve) {
    arguments = {"--metrics-url", http_url(reachable_host(settings.host), settings.metrics_port)};
  }
  if (!settings.classes.empty()) arguments.insert(arguments.end(), {"--classes", settings.classes});
  if (!settings.interval.empty()) arguments.insert(arguments.end(), {"--interval", settings.interval});
  return arguments;
}

}  // namespace

std::vector<process::Part> up_parts(const UpSettings& settings, const std::filesystem::path& program) {
  std::vector<process::Part> parts = {make_part(kLabelPart, settings, program, label_arguments(settings))};
  if (settings.serve) {
    parts.push_back(make_part(kServePart, settings, program, serve_arguments(settings)));
    const std::filesystem::path store = settings.workspace / settings.model_store;
    parts.back().await = [store](const std::stop_token& stop) { return await_archive(store, stop); };
  }
  if (settings.orchestrate) {
    parts.push_back(make_part(kOrchestratePart, settings, program, orchestrate_arguments(settings)));
  }
  return parts;
}

}  // namespace animalctl::cli
