#include "orchestrate/run_retention.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/publish/prune.h"
#include "orchestrate/release.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

// "run-000017", as RunRecords::next_run_id() makes them; nothing else in the folder is ours to remove.
bool is_run_name(const std::string& name) {
  constexpr std::string_view kPrefix = "run-";
  return name.starts_with(kPrefix) && name.size() >= kPrefix.size() + 6 &&
         std::all_of(name.begin() + kPrefix.size(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void remove_old_runs(const fs::path& runs_dir, const fs::path& log_dir, std::size_t keep,
                     const std::set<std::string>& needed) {
  std::error_code code;
  std::vector<std::string> runs;
  for (fs::directory_iterator at(runs_dir, code), end; !code && at != end; at.increment(code)) {
    const std::string name = at->path().filename().string();
    if (is_run_name(name) && !at->is_symlink()) runs.push_back(name);
  }
  // Longer numbers are later ones.
  std::sort(runs.begin(), runs.end(), [](const std::string& left, const std::string& right) {
    return left.size() != right.size() ? left.size() > right.size() : left > right;
  });
  for (std::size_t i = std::min(keep, runs.size()); i < runs.size(); ++i) {
    if (needed.contains(runs[i])) continue;
    for (const fs::path& folder : {runs_dir / runs[i], log_dir / runs[i]}) {
      fs::remove_all(folder, code);
      if (code) log::warning("an old run stays", {{"folder", folder.string()}, {"reason", code.message()}});
    }
  }
}

void prune_old_versions(registry::ModelRegistry registry, const Places& places, std::size_t keep,
                        registry::Timestamp now) {
  try {
    publish::PruneRequest request;
    request.keep = keep;
    if (const auto share = read_traffic(places.canary_config)) {
      request.in_use = {static_cast<int>(share->current), static_cast<int>(share->previous)};
    }
    request.reason = fmt::format("--keep-versions {}", keep);
    request.by = kOrchestrator;
    const publish::Pruned pruned = publish::prune_versions(registry, request, places.model_store, now);
    for (const int version : pruned.versions) {
      log::info("the files of an old version are removed", {{"version", fmt::format("{}", version)}});
    }
  } catch (const Error& error) {
    log::warning("old versions keep their files", {{"reason", error.message()}});
  }
}

}  // namespace animalctl::orchestrate
