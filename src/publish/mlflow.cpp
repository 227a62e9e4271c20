#include "animalctl/publish/mlflow.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "animalctl/http/base64.h"
#include "animalctl/http/client.h"
#include "publish/mlflow_fields.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using registry::VersionRecord;

constexpr std::chrono::seconds kAnswerTime{60};  // a server that stores an artefact elsewhere is silent meanwhile
constexpr const char* kApi = "/api/2.0/mlflow/";

http::ClientOptions client_options(const MlflowOptions& options) {
  http::ClientOptions client;
  client.connect_timeout = std::chrono::seconds(5);
  client.read_timeout = kAnswerTime;
  if (!options.token.empty()) {
    client.headers.emplace_back("Authorization", "Bearer " + options.token);
  } else if (!options.user.empty()) {
    const std::string pair = options.user + ":" + options.password;
    client.headers.emplace_back("Authorization", "Basic " + http::base64_encode(std::string_view(pair)));
  }
  return client;
}

// One conversation: every call that fails leaves a sentence in the report.
class Conversation {
 public:
  Conversation(const MlflowOptions& options, const registry::ModelRegistry& registry, VersionRecord record)
      : options_(options),
        registry_(registry),
        record_(std::move(record)),
        client_(options.uri, client_options(options)),
        created_ms_(milliseconds(record_.created)) {}

  MlflowReport hold() {
    const auto experiment = find_experiment();
    if (!experiment || !begin_run(*experiment)) return report_;
    log_values();
    const bool stored = store_artifacts();
    end_run();
    register_model(stored);
    return report_;
  }

 private:
  static std::int64_t milliseconds(const std::string& time) {
    const auto parsed = parse_iso_time(time).value_or(std::chrono::system_clock::time_point());
    return std::chrono::floor<std::chrono::milliseconds>(parsed.time_since_epoch()).count();
  }

  void fail(std::string_view what, std::string_view why) {
    report_.failures.push_back(fmt::format("{}: {}", what, why));
  }

  // The answer's object, or nothing, said in the report. `accepted`: an error code of MLflow that is an answer too.
  std::optional<nlohmann::json> understand(const Result<http::ClientAnswer>& answer, std::string_view what,
                                           std::string_view accepted = {}) {
    if (!answer) {
      fail(what, answer.error().message());
      return std::nullopt;
    }
    nlohmann::json json = nlohmann::json::parse(answer.value().body, nullptr, false);
    if (answer.value().status == 200 && json.is_object()) return json;
    const std::string code = mlflow_text(json, "error_code");
    if (!accepted.empty() && code == accepted) return json;
    const std::string message = mlflow_text(json, "message").substr(0, 300);
    fail(what, fmt::format("the server answered {} {} {}", answer.value().status, code, message));
    return std::nullopt;
  }

  std::optional<nlohmann::json> post(const std::string& path, const Json& body, std::string_view what,
                                     std::string_view accepted = {}) {
    return understand(
        client_.post(kApi + path, "application/json", body.dump(-1, ' ', false, Json::error_handler_t::replace)), what,
        accepted);
  }

  std::optional<std::string> find_experiment() {
    constexpr const char* kMissing = "RESOURCE_DOES_NOT_EXIST";
    const std::string name = mlflow_escape(options_.experiment);
    const auto found = understand(client_.get(kApi + ("experiments/get-by-name?experiment_name=" + name)),
                                  "find the experiment", kMissing);
    if (!found) return std::nullopt;
    if (mlflow_text(*found, "error_code") == kMissing) {
      const auto made = post("experiments/create", {{"name", options_.experiment}}, "create the experiment");
      return made ? std::optional(mlflow_text(*made, "experiment_id")) : std::nullopt;
    }
    const nlohmann::json& experiment = mlflow_object(*found, "experiment");
    if (mlflow_text(experiment, "lifecycle_stage") == "deleted") {
      fail("find the experiment", fmt::format("\"{}\" was deleted; restore it or name another", options_.experiment));
      return std::nullopt;
    }
    return mlflow_text(experiment, "experiment_id");
  }

  bool begin_run(const std::string& experiment) {
    const auto made = post("runs/create",
                           {{"experiment_id", experiment},
                            {"run_name", fmt::format("{}-{}", record_.model, record_.version)},
                            {"start_time", created_ms_},
                            {"tags", mlflow_tags(record_)}},
                           "create the run");
    if (!made) return false;
    const nlohmann::json& info = mlflow_object(mlflow_object(*made, "run"), "info");
    report_.run_id = mlflow_text(info, "run_id");
    artifact_uri_ = mlflow_text(info, "artifact_uri");
    if (report_.run_id.empty()) fail("create the run", "the answer has no run_id");
    return !report_.run_id.empty();
  }

  void log_values() {
    for (const Json& batch : mlflow_batches(record_, created_ms_)) {
      Json body = {{"run_id", report_.run_id}};
      body.update(batch);
      (void)post("runs/log-batch", body, "log parameters and metrics");
    }
  }

  // True when every file was stored.
  bool store_artifacts() {
    const auto folder = mlflow_artifact_folder(artifact_uri_);
    if (!folder) {
      fail("store the files",
           fmt::format("the run's artefacts lie at \"{}\", which the server does not hand on; start it "
                       "with --serve-artifacts",
                       artifact_uri_.substr(0, 200)));
      return false;
    }
    std::vector<std::string> names = {"version.json", "card.md"};
    for (const registry::VersionFile& file : record_.files) names.push_back(file.name);
    for (const std::string& name : names) {
      const std::string path = fmt::format("/api/2.0/mlflow-artifacts/artifacts/{}/{}", *folder, mlflow_escape(name));
      const std::string what = fmt::format("store {}", name);
      const fs::path source = registry_.version_folder(record_.version) / name;
      if (understand(client_.put_file(path, "application/octet-stream", source), what)) ++report_.artifacts;
    }
    return report_.artifacts == names.size();
  }

  void end_run() {
    (void)post("runs/update", {{"run_id", report_.run_id}, {"status", "FINISHED"}, {"end_time", created_ms_}},
               "end the run");
  }

  void register_model(bool stored) {
    if (!stored) {
      fail("register the model version", "not tried, because its files are not all stored");
      return;
    }
    if (!post("registered-models/create", {{"name", record_.model}}, "create the registered model",
              "RESOURCE_ALREADY_EXISTS")) {
      return;
    }
    const auto made =
        post("model-versions/create",
             {{"name", record_.model},
              {"source", artifact_uri_},
              {"run_id", report_.run_id},
              {"description", fmt::format("{} version {} of animalctl", record_.model, record_.version)},
              {"tags", Json::array({{{"key", "animalctl.version"}, {"value", fmt::format("{}", record_.version)}}})}},
             "register the model version");
    if (made) report_.model_version = mlflow_text(mlflow_object(*made, "model_version"), "version");
  }

  const MlflowOptions& options_;
  const registry::ModelRegistry& registry_;
  const VersionRecord record_;
  http::Client client_;
  const std::int64_t created_ms_;
  std::string artifact_uri_;
  MlflowReport report_;
};

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

MlflowOptions mlflow_options_from_environment(std::string uri) {
  MlflowOptions options;
  options.uri = std::move(uri);
  options.token = environment("MLFLOW_TRACKING_TOKEN");
  options.user = environment("MLFLOW_TRACKING_USERNAME");
  options.password = environment("MLFLOW_TRACKING_PASSWORD");
  return options;
}

MlflowReport log_to_mlflow(const MlflowOptions& options, const registry::ModelRegistry& registry, int version) {
  auto record = registry.find(version);
  if (!record) {
    throw Error(ErrorCode::NotFound, fmt::format("{} has no version {}", registry.model(), version));
  }
  return Conversation(options, registry, std::move(*record)).hold();
}

}  // namespace animalctl::publish
