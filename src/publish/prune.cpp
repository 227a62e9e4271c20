#include "animalctl/publish/prune.h"

#include <optional>
#include <system_error>

#include <fmt/core.h>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/publish/deployment.h"
#include "animalctl/registry/retention.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

void withdraw_archive(const registry::ModelRegistry& registry, int version, const fs::path& model_store) {
  const fs::path stored = stored_archive(model_store, registry.model(), version);
  std::error_code code;
  if (!fs::is_regular_file(stored, code)) return;
  const auto record = registry.find(version);
  const registry::VersionFile* const archive = record ? record->file("archive") : nullptr;
  if (archive == nullptr || fs::file_size(stored, code) != archive->bytes) return;
  if (sha256(read_file(stored)) != archive->sha256) return;
  fs::remove(stored, code);
  if (code) throw error_from_errno(code.value(), fmt::format("remove {}", stored.string()));
}

std::uint64_t pruned_bytes(const registry::VersionRecord& record) {
  std::uint64_t bytes = 0;
  for (const registry::VersionFile& file : record.files) bytes += registry::is_pruned_role(file.role) ? file.bytes : 0;
  return bytes;
}

}  // namespace

Pruned prune_versions(registry::ModelRegistry& registry, const PruneRequest& request, const fs::path& model_store,
                      registry::Timestamp now) {
  Pruned pruned;
  pruned.versions = registry.prune(request.keep, request.in_use, request.reason, request.by, now);
  for (const int version : pruned.versions) {
    if (const auto record = registry.find(version)) pruned.bytes += pruned_bytes(*record);
  }
  for (const int version : registry::pruned_versions(registry.history())) {
    withdraw_archive(registry, version, model_store);
  }
  return pruned;
}

}  // namespace animalctl::publish
