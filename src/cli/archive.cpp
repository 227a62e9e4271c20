#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "animalctl/archive/write_archive.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "archive/archive_names.h"
#include "archive/metadata.h"
#include "archive/scratch_folder.h"
#include "archive/weights_kind.h"
#include "cli/archive_files.h"
#include "cli/archive_lineage.h"
#include "cli/archive_show.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/model_path.h"
#include "cli/script_flags.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

using archive::MemberSource;
using archive::WeightsKind;

constexpr const char* kStockClassifier = "image_classifier";
// TorchServe's image_classifier shows the best five and needs a name for each.
constexpr std::size_t kStockLabels = 5;

class Archive final : public Command {
 public:
  void declare(CLI::App& app) override;
  int run(Context& context) override;

 private:
  // What was found out about the weights on the way.
  struct Packed {
    std::optional<ExportReport> report;  // of a model that was made ready for both servers
  };

  void require_flags() const;
  fs::path find_weights() const;
  bool packs_as_is(const fs::path& weights) const;
  void add_weights(Context& context, const fs::path& scratch, archive::WriteRequest& request, Packed& packed) const;
  ExportReport export_weights(Context& context, const fs::path& weights, const fs::path& out) const;
  void add_labels(const std::vector<std::string>& classes, archive::WriteRequest& request) const;
  void try_stock_model(Context& context, const fs::path& weights, const archive::WriteRequest& request) const;
  void add_other_files(archive::WriteRequest& request) const;
  void print(Context& context, const archive::WriteRequest& request, const archive::WriteReport& written,
             const Packed& packed) const;

  std::string list_;
  std::string verify_;
  std::string verify_key_;
  std::string model_name_;
  std::string version_;
  std::string serialized_file_;
  std::string model_file_;
  std::string handler_ = kStockClassifier;
  std::string extra_files_;
  std::string runtime_ = "python";
  std::string export_path_ = ".";
  std::string format_ = "default";
  std::string requirements_file_;
  std::string config_file_;
  std::string sign_;
  std::string model_dir_ = kDefaultModelDir;
  std::string classes_;
  ScriptFlags script_;
  double threshold_ = 0.5;
  bool force_ = false;
  bool json_ = false;
};

void Archive::declare(CLI::App& app) {
  app.add_option("--model-name", model_name_, "Name of the model, and of the archive's file")->type_name("NAME");
  app.add_option("--version,-v", version_, "Version of the model, e.g. 1.0")->type_name("VERSION");
  app.add_option("--serialized-file", serialized_file_, "Checkpoint (.pth) or TorchScript file (.pt, torchscript:FILE)")
      ->type_name("FILE");
  app.add_option("--export-path", export_path_, "Folder for the archive")->type_name("DIR")->capture_default_str();
  app.add_flag("--force,-f", force_, "Replace an archive that is there");
  app.add_option("--archive-format", format_,
                 "default (.mar, deflated), zip-store (.mar), tgz (.tar.gz), no-archive (a folder)")
      ->check(one_of({"default", "zip-store", "tgz", "no-archive"}))
      ->capture_default_str();
  app.add_option("--threshold", threshold_, "With two classes: scores from here on are the second (dog)")
      ->check(number_between(0, 1))
      ->capture_default_str();
  app.add_option("--sign", sign_, "Sign with the Ed25519 private key in this PEM file")->type_name("KEY");
  app.add_option("--extra-files", extra_files_, "More files and folders to pack, comma separated")->type_name("LIST");
  app.add_option("--handler", handler_, "TorchServe's handler; one of your own needs Python to run")
      ->capture_default_str();
  app.add_option("--model-file", model_file_, "Python file of the network, for TorchServe only")->type_name("FILE");
  app.add_option("--requirements-file,-r", requirements_file_, "Python packages, for TorchServe only")
      ->type_name("FILE");
  app.add_option("--config-file,-c", config_file_, "YAML settings of the model")->type_name("FILE");
  app.add_option("--runtime", runtime_, "python, python3 or LSP")
      ->check(one_of({"python", "python3", "LSP"}))
      ->capture_default_str();
  declare_model_dir(app, model_dir_);
  app.add_option("--list", list_, "Show what is in an archive instead")->type_name("FILE");
  app.add_option("--verify", verify_, "Check an archive instead; exit code 4 when it is not as it was written")
      ->type_name("FILE");
  app.add_option("--verify-key", verify_key_, "With --verify: it must be signed by the owner of this public key (PEM)")
      ->type_name("PUB");
  script_.declare(app);
  app.add_option("--classes", classes_, "Names of its classes, comma separated, when the file does not tell them")
      ->type_name("LIST")
      ->group(kScriptGroup);
  declare_json(app, json_);
  app.footer(
      "The archive runs in `animalctl serve` and in TorchServe; both ways are tried before it is written.\n"
      "Example: animalctl archive --model-name animal --version 1.0 --serialized-file base_model.pth --export-path "
      "model_store");
}

int Archive::run(Context& context) {
  if (!list_.empty()) return list_archive(context, list_, json_);
  if (!verify_.empty()) return verify_archive(context, verify_, verify_key_, json_);
  require_flags();
  archive::WriteRequest request;
  request.format = archive::parse_archive_format(format_);
  request.export_path = export_path_;
  request.force = force_;
  request.sign_key = sign_;
  // Before the work, not after it.
  archive::require_free(archive::archive_path(export_path_, model_name_, request.format), request.format, force_);
  const char* const epoch = std::getenv("SOURCE_DATE_EPOCH");
  const ArchiveTime time = archive_time(epoch == nullptr ? std::nullopt : std::optional<std::string>(epoch));
  request.time = time.seconds;
  request.manifest.created_on = archive::created_on_text(time.seconds, time.given);
  request.manifest.runtime = runtime_;
  request.manifest.model_name = model_name_;
  request.manifest.model_version = version_;
  request.manifest.handler = fs::path(handler_).filename().string();
  add_other_files(request);
  const archive::ScratchFolder scratch("");
  Packed packed;
  add_weights(context, scratch.path(), request, packed);
  print(context, request, archive::write_archive(request), packed);
  return kExitDone;
}

void Archive::require_flags() const {
  std::string missing;
  const auto need = [&](const std::string& value, const char* flag) {
    if (value.empty()) missing += (missing.empty() ? "" : ", ") + std::string(flag);
  };
  need(model_name_, "--model-name");
  need(version_, "--version");
  // A handler of one's own may bring its weights in --extra-files.
  if (is_stock_handler(handler_)) need(serialized_file_, "--serialized-file");
  if (!missing.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("archive needs {} (or --list FILE, or --verify FILE)", missing));
  }
  archive::require_model_name(model_name_, "--model-name");
  archive::require_model_version(version_, "--version");
}

// The file as it is named, then where the other commands look for a model.
fs::path Archive::find_weights() const {
  fs::path named = script_path(serialized_file_);
  std::error_code ignored;
  if (fs::is_regular_file(named, ignored)) return named;
  return script_path(resolve_model_path(serialized_file_, model_dir_));
}

// As torch-model-archiver packs it: what needs Python, and TorchScript that comes without a description, which is then
// what image_classifier takes it for.
bool Archive::packs_as_is(const fs::path& weights) const {
  if (handler_ != kStockClassifier || !model_file_.empty()) return true;
  const ScriptFlags& flags = script_;
  const bool described = !flags.size.empty() || !flags.mean.empty() || !flags.std.empty() || !flags.output.empty();
  return archive::kind_of_weights(weights) == WeightsKind::Script && !described;
}

void Archive::add_weights(Context& context, const fs::path& scratch, archive::WriteRequest& request,
                          Packed& packed) const {
  if (serialized_file_.empty()) return;
  const fs::path weights = find_weights();
  if (packs_as_is(weights)) {
    request.manifest.serialized_file = weights.filename().string();
    request.members.insert(request.members.begin(), file_member(weights));
    if (handler_ == kStockClassifier && model_file_.empty()) {
      try_stock_model(context, weights, request);
    } else {
      log::warning(fmt::format("{} packs the files as they are; `animalctl serve` runs no Python, TorchServe does",
                               model_file_.empty() ? "--handler " + handler_ : "--model-file"));
    }
    return;
  }
  // TorchServe knows TorchScript by ".pt".
  std::string name = weights.filename().string();
  for (const char* ending : {".pth", ".pt", ".torchscript", ".torchserve"}) {
    if (name.ends_with(ending)) name.erase(name.size() - std::string_view(ending).size());
  }
  const fs::path out = scratch / (name + ".pt");
  packed.report = export_weights(context, weights, out);
  request.manifest.serialized_file = out.filename().string();
  request.metadata = describe_archived_model(*packed.report, weights, threshold_)
                         .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  add_labels(packed.report->classes, request);
  request.members.insert(request.members.begin(), file_member(out));
}

ExportReport Archive::export_weights(Context& context, const fs::path& weights, const fs::path& out) const {
  ExportConfig config;
  config.format = ExportFormat::TorchServe;
  config.out = out;
  config.model = weights;
  const bool checkpoint =
      !is_script_model(serialized_file_) && archive::kind_of_weights(weights) == WeightsKind::Checkpoint;
  if (!checkpoint) {
    config.model = std::string(kScriptPrefix) + weights.string();
    config.script = script_.options();
    if (!classes_.empty()) config.script.classes = parse_classes(classes_);
  }
  return context.engine().export_model(config);
}

// index_to_name.json; one among the extra files may only say the same.
void Archive::add_labels(const std::vector<std::string>& classes, archive::WriteRequest& request) const {
  const auto is_labels = [](const MemberSource& member) { return member.name == archive::kLabelsName; };
  const auto given = std::find_if(request.members.begin(), request.members.end(), is_labels);
  if (given != request.members.end()) {
    const std::vector<std::string> labels = archive::parse_labels(read_text_file(given->file), given->file.string());
    bool same = labels.size() >= classes.size();
    for (std::size_t i = 0; same && i < classes.size(); ++i) same = to_lower(labels[i]) == to_lower(classes[i]);
    if (!same) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{} names other classes than the model tells apart; leave it out, the archive gets one",
                              given->file.string()));
    }
    request.members.erase(given);
  }
  request.members.push_back({archive::kLabelsName, {}, labels_json(classes, kStockLabels)});
}

// A TorchScript file of others must be one that image_classifier can run.
void Archive::try_stock_model(Context& context, const fs::path& weights, const archive::WriteRequest& request) const {
  const auto labels = std::find_if(request.members.begin(), request.members.end(),
                                   [](const MemberSource& member) { return member.name == archive::kLabelsName; });
  if (labels == request.members.end()) {
    log::warning(
        fmt::format("no {} among --extra-files: answers will name classes by number, and ImageNet's 1000 are "
                    "expected",
                    archive::kLabelsName));
    return;
  }
  PredictorOptions options;
  options.model = std::string(kScriptPrefix) + weights.string();
  options.script =
      image_classifier_options(archive::parse_labels(read_text_file(labels->file), labels->file.string()).size());
  (void)context.engine().load_predictor(options);
}

void Archive::add_other_files(archive::WriteRequest& request) const {
  const auto add = [&](const std::string& file, std::string& named) {
    if (file.empty()) return;
    request.members.push_back(file_member(file));
    named = request.members.back().name;
  };
  add(model_file_, request.manifest.model_file);
  add(requirements_file_, request.manifest.requirements_file);
  add(config_file_, request.manifest.config_file);
  if (!is_stock_handler(handler_)) request.members.push_back(file_member(handler_file(handler_)));
  for (MemberSource& member : extra_members(extra_files_)) request.members.push_back(std::move(member));
}

void Archive::print(Context& context, const archive::WriteRequest& request, const archive::WriteReport& written,
                    const Packed& packed) const {
  if (json_) {
    nlohmann::ordered_json json;
    json["path"] = written.path.string();
    json["model"] = model_name_;
    json["version"] = version_;
    json["format"] = format_;
    json["bytes"] = written.size;
    json["sha256"] = written.digest.hex();
    json["signed"] = !sign_.empty();
    json["serialized_file"] = request.manifest.serialized_file;
    if (packed.report) {
      json["classes"] = packed.report->classes;
      json["largest_difference"] = packed.report->largest_difference;
      json["largest_stock_difference"] = packed.report->largest_stock_difference;
    }
    context.print(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return;
  }
  context.print(fmt::format("Wrote {} ({} {}, {} files, {}{}), SHA-256 {}", written.path.string(), model_name_,
                            version_, written.members.size(), human_bytes(static_cast<double>(written.size)),
                            sign_.empty() ? "" : ", signed", written.digest.hex()));
  if (packed.report) {
    context.print(fmt::format("Tried: in serve the scores differ by {:.2g} from the model's, in TorchServe by {:.2g}",
                              packed.report->largest_difference, packed.report->largest_stock_difference));
  }
}

}  // namespace

std::unique_ptr<Command> make_archive() {
  return std::make_unique<Archive>();
}

}  // namespace animalctl::cli
