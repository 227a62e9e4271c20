#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/publish/deployment.h"
#include "animalctl/publish/export_version.h"
#include "animalctl/publish/mlflow.h"
#include "animalctl/publish/run_version.h"
#include "animalctl/registry/registry.h"
#include "animalctl/registry/retention.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/models_print.h"
#include "cli/models_prune.h"
#include "cli/models_register.h"
#include "cli/models_select.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

using registry::ModelRegistry;
using registry::VersionRecord;

constexpr std::size_t kAnyNumber = 8;

class Models final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ACTION", action_, "list, show, diff, promote, rollback, alias, history, export, register or prune")
        ->required()
        ->check(
            one_of({"list", "show", "diff", "promote", "rollback", "alias", "history", "export", "register", "prune"}));
    app.add_option(
           "WHAT", arguments_,
           "Versions by number or alias; of alias its name and a version or none; of export a version and a new "
           "folder or FILE.tar; of register a checkpoint")
        ->expected(0, static_cast<int>(kAnyNumber));
    app.add_option("--registry", registry_, "Folder of the registry")->type_name("DIR")->capture_default_str();
    app.add_option("--model", model_, "Which model [the only one there]");
    app.add_option("--reason", reason_, "Why, for the history: promote, rollback and alias need it, prune takes it");
    app.add_option("--by", by_, "Who does it, for the history [the user]");
    app.add_option("--model-store", model_store_, "Folder where serve finds archives: promote puts the version's there")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--canary-config", canary_config_,
                   "File that serve follows: promote and rollback write it, prune spares the versions it names")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_flag("--verify", verify_, "With history: check the chain and the content of every file");
    prune_.declare(app);
    register_.declare(app);
    declare_json(app, json_);
    app.footer(
        "history says what served when, who decided it and why. A version is never changed; promote and rollback move\n"
        "aliases, put the archive into the model store and send all requests to the champion. prune removes "
        "checkpoints\n"
        "and archives of old versions that have no alias and were refused or superseded; their records stay.\n"
        "Examples: animalctl models register models/cats_and_dogs/base_model.pth --archive model_store/animal.mar\n"
        "          animalctl models promote 3 --reason 'better on the new camera'\n"
        "          animalctl models history --verify\n"
        "          animalctl models prune --keep 10");
  }

  int run(Context& context) override {
    if (verify_ && action_ != "history") throw Error(ErrorCode::InvalidArgument, "--verify belongs to history");
    if (prune_.given() && action_ != "prune") throw Error(ErrorCode::InvalidArgument, "--keep belongs to prune");
    if (action_ == "register") return register_.run(context, registry_, model_, one("a checkpoint"), by(), json_);
    ModelRegistry registry = choose_registry(registry_, model_);
    if (action_ == "list") return list(context, registry);
    if (action_ == "history") return history(context, registry);
    if (action_ == "rollback") return roll_back(context, registry);
    if (action_ == "alias") return alias(context, registry);
    if (action_ == "diff") return diff(context, registry);
    if (action_ == "export") return export_to(context, registry);
    if (action_ == "prune") return prune(context, registry);
    const int version = choose_version(registry, one("a version"));
    return action_ == "show" ? show(context, registry, version) : promote(context, registry, version);
  }

 private:
  // The arguments after ACTION, as many as the action takes.
  void require_arguments(std::size_t count, const char* what) const {
    if (arguments_.size() == count) return;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("models {} takes {}, {} given", action_, what,
                            arguments_.empty() ? "nothing was" : fmt::format("{} were", arguments_.size())));
  }
  const std::string& one(const char* what) const {
    require_arguments(1, what);
    return arguments_.front();
  }
  std::string by() const { return by_.empty() ? user_name() : by_; }
  void require_reason() const {
    if (!reason_.empty()) return;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("models {} needs --reason: the history is read by people who ask why", action_));
  }

  int list(Context& context, const ModelRegistry& registry) const {
    require_arguments(0, "no argument");
    print_list(context, registry, json_);
    return kExitDone;
  }

  int show(Context& context, const ModelRegistry& registry, int version) const {
    print_version(context, registry, version, json_);
    return kExitDone;
  }

  int diff(Context& context, const ModelRegistry& registry) const {
    require_arguments(2, "two versions");
    const VersionRecord first = *registry.find(choose_version(registry, arguments_[0]));
    const VersionRecord second = *registry.find(choose_version(registry, arguments_[1]));
    print_difference(context, first, second, registry::pruned_versions(registry.history()), json_);
    return kExitDone;
  }

  int history(Context& context, const ModelRegistry& registry) const {
    require_arguments(0, "no argument");
    if (verify_) registry.verify();
    print_history(context, registry, verify_, json_);
    return kExitDone;
  }

  int promote(Context& context, ModelRegistry& registry, int version) const {
    require_reason();
    // First, so that serve finds the archive when it reads the file, and a version without one is not promoted.
    const auto archive = publish::place_archive(registry, version, model_store_);
    // Again for the champion: what it needs to serve is put right, as after a kill between the history and the file.
    if (registry.aliases().champion != version) registry.promote(version, reason_, by(), now());
    publish::write_canary_config(canary_config_, publish::all_traffic_to(version));
    print_aliases(context, registry,
                  fmt::format("Version {} is the champion; {} is in place", version, archive.string()), json_);
    return kExitDone;
  }

  int roll_back(Context& context, ModelRegistry& registry) const {
    require_arguments(0, "no argument");
    require_reason();
    const registry::Aliases before = registry.aliases();
    if (before.previous) publish::place_archive(registry, *before.previous, model_store_);
    registry.roll_back(reason_, by(), now());
    const int champion = registry.aliases().champion.value();
    publish::write_canary_config(canary_config_, publish::all_traffic_to(champion));
    print_aliases(context, registry, fmt::format("Version {} is the champion again", champion), json_);
    return kExitDone;
  }

  int alias(Context& context, ModelRegistry& registry) const {
    if (arguments_.empty()) {
      print_aliases(context, registry, "", json_);
      return kExitDone;
    }
    require_arguments(2, "no argument, or challenger or previous and a version or none");
    require_reason();
    std::optional<int> version;
    if (arguments_[1] != "none") version = choose_version(registry, arguments_[1]);
    registry.set_alias(arguments_[0], version, reason_, by(), now());
    print_aliases(context, registry, "", json_);
    return kExitDone;
  }

  int export_to(Context& context, const ModelRegistry& registry) const {
    require_arguments(2, "a version and a new folder or FILE.tar");
    const int version = choose_version(registry, arguments_[0]);
    publish::export_version(registry, version, arguments_[1]);
    if (json_) {
      context.print(
          nlohmann::ordered_json({{"model", registry.model()}, {"version", version}, {"path", arguments_[1]}}).dump(2));
    } else {
      context.print(fmt::format("{} version {} is in {}", registry.model(), version, arguments_[1]));
    }
    return kExitDone;
  }

  int prune(Context& context, ModelRegistry& registry) const {
    require_arguments(0, "no argument");
    prune_.run(context, registry, model_store_, canary_config_, reason_, by(), json_);
    return kExitDone;
  }

  static registry::Timestamp now() { return std::chrono::system_clock::now(); }

  std::string action_;
  std::vector<std::string> arguments_;
  std::string registry_ = "models/registry";
  std::string model_;
  std::string reason_;
  std::string by_;
  std::string model_store_ = "model_store";
  std::string canary_config_ = "config/config.json";
  bool verify_ = false;
  bool json_ = false;
  ModelsPrune prune_;
  ModelsRegister register_;
};

}  // namespace

std::unique_ptr<Command> make_models() {
  return std::make_unique<Models>();
}

}  // namespace animalctl::cli
