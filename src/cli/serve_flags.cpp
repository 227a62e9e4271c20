#include "cli/serve_flags.h"

#include <fmt/core.h>

#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

constexpr std::uint64_t kMaxConfig = 1 << 20;
constexpr const char* kDefaultConfig = "config.properties";

}  // namespace

void ServeFlags::declare(CLI::App& app) {
  app.add_option("--ts-config", ts_config_, "Settings as config.properties; the same as --config with such a file")
      ->type_name("FILE");
  app.add_option("--model-store", model_store_, "Folder of the archives that may be registered")->type_name("DIR");
  app.add_option("--models", models_, "Archives to register at start: all, or a.mar, name=b.mar, …")
      ->type_name("LIST")
      ->expected(1, -1);
  app.add_flag("--no-config-snapshots,--ncs", no_snapshots_, "Neither write nor restore what is registered");
  app.add_flag("--foreground", foreground_, "Accepted for TorchServe's scripts; serve always runs in the foreground");
  app.add_flag("--start", start_, "Accepted for TorchServe's scripts");
  app.add_flag("--disable-token-auth,--dt", no_tokens_, "Answer requests without a token, whatever the addresses are");
  app.add_flag("--enable-model-api", model_api_, "Let clients register and unregister models");
  const auto address = [&](const char* flag, std::string& value, const char* what) {
    app.add_option(flag, value, what)->type_name("URL");
  };
  address("--inference-address", inference_address_, "Listener of predictions (http://127.0.0.1:8080)");
  address("--management-address", management_address_, "Listener of the management API (http://127.0.0.1:8081)");
  address("--metrics-address", metrics_address_, "Listener of /metrics (http://127.0.0.1:8082)");
  app.add_option("--workers", workers_, "Workers a model (0 or not given: one a core)")
      ->type_name("N")
      ->check(integer_between(0, 128));
  app.add_option("--job-queue-size", job_queue_size_, "Requests that may wait for one model (100)")
      ->type_name("N")
      ->check(integer_between(1, 1'000'000));
  app.add_option("--prediction-host", prediction_host_, "Host of the prediction API")->capture_default_str();
  app.add_option("--prediction-port", prediction_port_, "Port of the prediction API; 0: any free one")
      ->type_name("PORT")
      ->check(integer_between(0, 65535))
      ->capture_default_str();
  app.add_flag("--no-prediction-api", no_prediction_api_, "Serve no prediction API");
  app.add_option("--prediction-model", prediction_model_, "Model that the prediction API asks")->capture_default_str();
  app.add_option("--canary-config", canary_config_, "File that shares requests out between two versions")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--sink-dir", sink_dir_, "Folder where queries and answers are stored; \"\": they are not")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--store-images", store_images_,
                 "Store the pictures of the prediction API beside the answers; all: put them among the frames as well")
      ->type_name("[all]")
      ->expected(0, 1);
  declare_review(app);
  app.add_option("--precision", precision_, "auto (the quickest that agrees with fp32), fp32 or bf16")
      ->check(one_of({"auto", "fp32", "bf16"}))
      ->capture_default_str();
  app.add_option("--device", device_, "auto, cpu or cuda")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_flag("--fast-decode", fast_decode_, "Decode JPEGs smaller where the model sees less; scores differ a little");
  app.add_option("--require-signature", verify_key_, "Register archives signed by this Ed25519 key (PEM) only")
      ->type_name("FILE");
  app.add_option("--key-file", key_file_, "Where tokens are written")->type_name("FILE")->capture_default_str();
  app.add_option("--snapshot-dir", snapshot_dir_, "Where snapshots of the registered models are written")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--shutdown-grace", shutdown_grace_, "Seconds that requests have to be answered at the end")
      ->type_name("SECONDS")
      ->check(integer_between(0, 86'400))
      ->capture_default_str();
}

void ServeFlags::declare_review(CLI::App& app) {
  app.add_option("--review-images", review_.folder,
                 "Frames folder into which pictures worth a label are put; not given: none are")
      ->type_name("DIR");
  app.add_option("--review-below", review_.below, "Pictures answered with less confidence are worth a label")
      ->type_name("P")
      ->check(number_between(0, 1))
      ->capture_default_str();
  app.add_option(
         "--review-unusual", review_.unusual,
         "Pictures whose brightness, contrast, saturation or sharpness lies so many deviations out too; 0: none")
      ->type_name("X")
      ->check(number_between(0, 1000))
      ->capture_default_str();
  app.add_option("--review-audit", review_.audit_share,
                 "Share of the pictures that is put there whatever the answer was")
      ->type_name("P")
      ->check(number_between(0, 1))
      ->capture_default_str();
  app.add_option("--review-per-day", review_.per_day, "Pictures put there at most in a day (UTC)")
      ->type_name("N")
      ->check(integer_between(0, 1'000'000))
      ->capture_default_str();
}

serve::ConfigValues ServeFlags::given() const {
  serve::ConfigValues values;
  const auto put = [&](const char* key, const std::string& value, const char* flag) {
    if (!value.empty()) values[key] = {value, fmt::format("flag {}", flag)};
  };
  put("model_store", model_store_, "--model-store");
  put("inference_address", inference_address_, "--inference-address");
  put("management_address", management_address_, "--management-address");
  put("metrics_address", metrics_address_, "--metrics-address");
  put("default_workers_per_model", workers_, "--workers");
  put("job_queue_size", job_queue_size_, "--job-queue-size");
  if (no_tokens_) put("disable_token_authorization", "true", "--disable-token-auth");
  if (model_api_) put("enable_model_api", "true", "--enable-model-api");
  std::string list;
  for (const std::string& model : models_) list += (list.empty() ? "" : ",") + model;
  put("load_models", list, "--models");
  return values;
}

serve::ConfigValues ServeFlags::read_file(const std::string& global_config, const serve::EnvironmentLookup& environment,
                                          const serve::Warn& warn) const {
  if (!global_config.empty() && !ts_config_.empty() && global_config != ts_config_) {
    throw Error(ErrorCode::InvalidArgument, "--config and --ts-config name two files; give one");
  }
  std::string file = environment("TS_CONFIG_FILE").value_or("");
  if (file.empty()) file = ts_config_.empty() ? global_config : ts_config_;
  if (file.empty()) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(kDefaultConfig, ignored)) return {};
    file = kDefaultConfig;
  }
  log::info("reading settings", {{"file", file}});
  return serve::read_config_properties(read_text_file(file, kMaxConfig), file, environment, warn);
}

void ServeFlags::apply_own(serve::ServeSettings& settings) const {
  settings.snapshot = !no_snapshots_;
  settings.snapshot_folder = snapshot_dir_;
  settings.key_file = key_file_;
  if (!no_prediction_api_) settings.prediction = serve::ListenAddress{false, prediction_host_, prediction_port_};
  settings.prediction_model = prediction_model_;
  settings.canary_config = canary_config_;
  settings.sink_folder = sink_dir_;
  const bool known = store_images_.empty() || store_images_ == "true" || store_images_ == "false";
  if (!known && store_images_ != "all") {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("--store-images is \"{}\"; it stands alone or is all", store_images_));
  }
  settings.store_images = store_images_ != "false";
  settings.review = review_;
  settings.review.all = store_images_ == "all";
  if (settings.review.all && review_.folder.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "--store-images all puts pictures among the frames: name their folder with --review-images");
  }
  settings.fast_decode = fast_decode_;
  settings.verify_key = verify_key_;
  settings.shutdown_grace = std::chrono::seconds(shutdown_grace_);
  if (precision_ != "auto") settings.precision = precision_ == "bf16" ? Precision::Bf16 : Precision::Fp32;
  if (device_ != "auto") settings.device = device_ == "cuda" ? Device::Cuda : Device::Cpu;
}

serve::ServeSettings ServeFlags::settings(const std::string& global_config, const serve::EnvironmentLookup& environment,
                                          serve::ConfigValues& values) const {
  const serve::Warn warn = [](const std::string& sentence) { log::warning(sentence); };
  values = read_file(global_config, environment, warn);
  const serve::ConfigValues flags = given();
  // Models named at the command line are instead of the file's, however the file names them.
  if (flags.contains("load_models")) values.erase("model_snapshot");
  for (const auto& [key, value] : flags) values[key] = value;
  serve::apply_environment(values, environment);
  serve::ServeSettings settings;
  serve::apply_config(values, settings, warn);
  apply_own(settings);
  return settings;
}

}  // namespace animalctl::cli
