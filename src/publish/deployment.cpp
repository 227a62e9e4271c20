#include "animalctl/publish/deployment.h"

#include <atomic>
#include <system_error>

#include <fmt/core.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

constexpr int kMaxVersion = registry::VersionRecord::kMaxVersion;

// True when `path` is that file or a copy of it.
bool holds_archive(const fs::path& path, const fs::path& archive) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  if (fs::equivalent(path, archive, ignored)) return true;
  return fs::file_size(path, ignored) == fs::file_size(archive, ignored) &&
         sha256(read_file(path)) == sha256(read_file(archive));
}

// A second name for the archive, which takes the place of whatever was there.
bool link_over(const fs::path& archive, const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  const fs::path scratch =
      target.parent_path() / fmt::format(".animalctl-{}-link-{}.tmp", ::getpid(), counter.fetch_add(1));
  std::error_code code;
  fs::remove(scratch, code);
  fs::create_hard_link(archive, scratch, code);
  if (code) return false;
  fs::rename(scratch, target, code);
  if (!code) return true;
  std::error_code ignored;
  fs::remove(scratch, ignored);
  throw error_from_errno(code.value(), fmt::format("write {}", target.string()));
}

}  // namespace

fs::path stored_archive(const fs::path& model_store, const std::string& model, int version) {
  return model_store / fmt::format("{}-{}.mar", model, version);
}

fs::path place_archive(const registry::ModelRegistry& registry, int version, const fs::path& model_store) {
  const fs::path archive = registry.file(version, "archive");
  fs::path target = stored_archive(model_store, registry.model(), version);
  if (holds_archive(target, archive)) return target;
  create_folders(model_store);
  if (!link_over(archive, target)) write_file_atomic(target, read_file(archive));
  return target;
}

void write_canary_config(const fs::path& path, const TrafficSplit& split) {
  const bool share = split.traffic >= 0 && split.traffic <= 1;
  const bool versions = split.previous_version >= 0 && split.current_version <= kMaxVersion &&
                        split.current_version >= split.previous_version;
  if (!share || !versions) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("traffic {} to version {}, the rest to version {}: a share from 0 to 1 is accepted, and the "
                    "current version must not be below the previous one",
                    split.traffic, split.current_version, split.previous_version));
  }
  nlohmann::ordered_json json{{"traffic", split.traffic},
                              {"current_version", split.current_version},
                              {"previous_version", split.previous_version}};
  if (split.shadow) json["shadow"] = true;
  write_file_atomic(path, json.dump() + "\n");
}

TrafficSplit all_traffic_to(int version) {
  return {1, version, version, false};
}

}  // namespace animalctl::publish
