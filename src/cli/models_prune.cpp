#include "cli/models_prune.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/publish/prune.h"
#include "cli/models_print.h"
#include "cli/validators.h"
#include "serve/canary_config.h"

namespace animalctl::cli {
namespace {

constexpr long long kMostKept = 1'000'000;

std::set<int> versions_in_service(const std::string& canary_config) {
  std::error_code ignored;
  if (!std::filesystem::exists(canary_config, ignored)) return {};
  const serve::CanaryConfig config = serve::read_canary_config(canary_config);
  return {config.current_version, config.previous_version};
}

}  // namespace

void ModelsPrune::declare(CLI::App& app) {
  app.add_option("--keep", keep_, "With prune: old versions that keep their files, besides those with an alias")
      ->type_name("N")
      ->check(integer_between(0, kMostKept));
}

void ModelsPrune::run(Context& context, registry::ModelRegistry& registry, const std::string& model_store,
                      const std::string& canary_config, const std::string& reason, const std::string& by,
                      bool json) const {
  if (!given()) {
    throw Error(ErrorCode::InvalidArgument,
                "models prune needs --keep: the number of old versions that keep their files, 0 or more");
  }
  publish::PruneRequest request;
  request.keep = static_cast<std::size_t>(keep_);
  request.in_use = versions_in_service(canary_config);
  request.reason = reason.empty() ? fmt::format("the newest {} old versions keep their files", keep_) : reason;
  request.by = by;
  const publish::Pruned pruned =
      publish::prune_versions(registry, request, model_store, std::chrono::system_clock::now());
  if (json) {
    context.print(
        nlohmann::ordered_json({{"model", registry.model()}, {"pruned", pruned.versions}, {"bytes", pruned.bytes}})
            .dump(2));
  } else if (pruned.versions.empty()) {
    context.print("Nothing to prune: no more old versions have files than are kept");
  } else {
    context.print(fmt::format("Removed the checkpoint and the archive of {}: {:.1f} MB. Records and history stay",
                              versions_text(pruned.versions), static_cast<double>(pruned.bytes) / 1e6));
  }
}

}  // namespace animalctl::cli
