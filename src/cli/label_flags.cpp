#include "cli/label_flags.h"

#include <filesystem>

#include "animalctl/base/error.h"

namespace animalctl::cli {
namespace {

constexpr const char* kDefaultTokens = "label_tokens.json";

}  // namespace

void LabelFlags::declare(CLI::App& app) {
  declare_folders(app);
  declare_addresses(app);
  declare_access(app);
  declare_console(app);
  app.add_option("--predict-url", predict_url_, "Prediction API that suggests labels, e.g. http://localhost:8000")
      ->type_name("URL");
  app.add_option("--blind-share", blind_share_, "Share of the images that are labelled without seeing the suggestion")
      ->type_name("X")
      ->check(number_between(0, 1))
      ->capture_default_str();
  app.add_option("--drift-every", drift_every_,
                 "Seconds after which it is looked up which images have drifted; 0: never")
      ->type_name("SECONDS")
      ->check(integer_between(0, 86'400))
      ->capture_default_str();
  app.add_option("--suspects", suspects_, "What `animalctl report --json` printed: likely label errors come first")
      ->type_name("FILE");
  app.add_option("--web-root", web_root_, "Serve the page from this folder instead of the one in the program")
      ->type_name("DIR");
  app.add_option("--shutdown-grace", shutdown_grace_, "Seconds that requests have to be answered at the end")
      ->type_name("SECONDS")
      ->check(integer_between(0, 86'400))
      ->capture_default_str();
}

void LabelFlags::declare_folders(CLI::App& app) {
  declare_frames_dir(app, frames_dir_);
  declare_annotations_dir(app, annotations_dir_);
  app.add_option("--trash-dir", trash_dir_, "Where rejected images go (trash beside the frames)")->type_name("DIR");
  app.add_option("--database", database_,
                 "History of all changes: sqlite:FILE or postgresql://… (sqlite:data/lake.db for the default frames, "
                 "else lake.db beside the frames)")
      ->type_name("ADDRESS");
  app.add_option("--index-file", index_file_, "Index saved for a quick start; safe to delete (beside the frames)")
      ->type_name("FILE");
  declare_classes(app, classes_);
}

void LabelFlags::declare_addresses(CLI::App& app) {
  app.add_option("--host", host_, "Address to listen on; tokens are needed where it is no loopback")
      ->capture_default_str();
  app.add_option("--port", port_, "Port of the page and its API; 0: any free one")
      ->type_name("PORT")
      ->check(integer_between(0, 65535))
      ->capture_default_str();
  app.add_option("--api-port", api_port_, "Port of the seed's API alone; 0: any free one")
      ->type_name("PORT")
      ->check(integer_between(0, 65535))
      ->capture_default_str();
  app.add_flag("--no-api-port", no_api_port_, "Listen on --port only");
  app.add_option("--certificate", certificate_, "Certificate chain (PEM): https on both ports")->type_name("FILE");
  app.add_option("--private-key", private_key_, "Private key of the certificate (PEM)")->type_name("FILE");
}

void LabelFlags::declare_access(CLI::App& app) {
  app.add_option("--tokens", tokens_, "File of people, roles and tokens (label_tokens.json); made when it is not there")
      ->type_name("FILE");
  app.add_flag("--no-tokens", no_tokens_, "Let everybody in who reaches the address, whatever it is");
  app.add_option("--allowed-hosts", allowed_hosts_, "Names by which browsers reach the server, e.g. label.example.org")
      ->type_name("LIST")
      ->delimiter(',');
  app.add_option("--cors-origin", cors_origins_, "Pages of these origins may use the seed's API; \"\": none")
      ->type_name("LIST")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--rate-limit", rate_limit_, "Requests a second of one address that is no loopback; 0: no limit")
      ->type_name("N")
      ->check(number_from(0))
      ->capture_default_str();
}

void LabelFlags::declare_console(CLI::App& app) {
  // The folders of the pages Runs, Models, Drift and Canary: those of orchestrate and serve.
  const auto place = [&](const char* flag, std::string& value, const char* what) {
    app.add_option(flag, value, what)->type_name("PATH")->capture_default_str();
  };
  place("--registry-dir", registry_dir_, "Folder of the registry of models");
  place("--model-store", model_store_, "Folder where serve finds archives");
  place("--canary-config", canary_config_, "File by which serve shares requests out");
  place("--runs-dir", runs_dir_, "Folder of the runs of orchestrate");
  place("--run-log-dir", run_log_dir_, "Folder of what the steps of runs print");
}

void LabelFlags::settle() {
  const std::filesystem::path beside = std::filesystem::path(frames_dir_).lexically_normal();
  // "frames/" has an empty last part.
  const std::filesystem::path folder = (beside.has_filename() ? beside : beside.parent_path()).parent_path();
  if (trash_dir_.empty()) trash_dir_ = (folder / "trash").string();
  if (index_file_.empty()) index_file_ = (folder / ".label-index").string();
  if (database_.empty()) {
    const bool is_default = frames_dir_ == kDefaultFramesDir;
    database_ = "sqlite:" + (is_default ? std::string("data/lake.db") : (folder / "lake.db").string());
  }
}

label::LabelServerSettings LabelFlags::settings() const {
  if (certificate_.empty() != private_key_.empty()) {
    throw Error(ErrorCode::InvalidArgument, "--certificate and --private-key go together: https needs both");
  }
  if (no_tokens_ && !tokens_.empty()) {
    throw Error(ErrorCode::InvalidArgument, "--tokens and --no-tokens contradict each other; leave one out");
  }
  label::LabelServerSettings settings;
  settings.store.frames_dir = frames_dir_;
  settings.store.annotations_dir = annotations_dir_;
  settings.store.trash_dir = trash_dir_;
  settings.store.database = database_;
  settings.store.index_file = index_file_;
  settings.store.classes = ClassList(parse_classes(classes_));
  settings.host = host_;
  settings.port = port_;
  settings.api_port = no_api_port_ ? std::nullopt : std::optional(api_port_);
  if (!certificate_.empty()) settings.tls = http::TlsFiles{certificate_, private_key_};
  settings.token_file = tokens_.empty() ? kDefaultTokens : tokens_;
  if (no_tokens_) settings.tokens = false;
  if (!tokens_.empty()) settings.tokens = true;
  settings.allowed_hosts = allowed_hosts_;
  settings.cors_origins = cors_origins_;
  std::erase(settings.cors_origins, "");
  settings.requests_per_second = rate_limit_;
  settings.console.registry_dir = registry_dir_;
  settings.console.model_store = model_store_;
  settings.console.canary_config = canary_config_;
  settings.console.runs_dir = runs_dir_;
  settings.console.log_dir = run_log_dir_;
  settings.console.database = database_;
  settings.console.annotations_dir = annotations_dir_;
  settings.predict_url = predict_url_;
  settings.blind_share = blind_share_;
  settings.drift_every = std::chrono::seconds(drift_every_);
  settings.web_root = web_root_;
  settings.shutdown_grace = std::chrono::seconds(shutdown_grace_);
  return settings;
}

}  // namespace animalctl::cli
