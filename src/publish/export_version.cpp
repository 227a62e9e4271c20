#include "animalctl/publish/export_version.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/time_text.h"
#include "archive/member_content.h"
#include "archive/pack.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

using archive::PackedMember;

std::vector<PackedMember> members_of(const registry::ModelRegistry& registry, const registry::VersionRecord& record) {
  const fs::path folder = registry.version_folder(record.version);
  // Half a version is none.
  for (const registry::VersionFile& file : record.files) (void)registry.file(record.version, file.role);
  std::vector<PackedMember> members;
  for (const char* name : {"version.json", "card.md"}) members.push_back(archive::look_at({name, folder / name, ""}));
  for (const registry::VersionFile& file : record.files) {
    PackedMember member = archive::look_at({file.name, folder / file.name, ""});
    if (member.member.sha256 != file.sha256) {
      throw Error(ErrorCode::DataLoss, fmt::format("{} was changed after its registration; `animalctl models history "
                                                   "--verify` checks everything",
                                                   (folder / file.name).string()));
    }
    members.push_back(std::move(member));
  }
  return members;
}

std::int64_t seconds_of(const std::string& time) {
  const auto parsed = parse_iso_time(time).value_or(std::chrono::system_clock::time_point());
  return std::chrono::floor<std::chrono::seconds>(parsed.time_since_epoch()).count();
}

// A folder that takes its name at the end, or vanishes.
class NewFolder {
 public:
  explicit NewFolder(fs::path target)
      : target_(std::move(target)),
        scratch_(target_.parent_path() / fmt::format(".animalctl-{}-export.tmp", ::getpid())) {
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
    create_folders(scratch_);
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const fs::path& path() const { return scratch_; }
  void commit() {
    std::error_code code;
    fs::rename(scratch_, target_, code);
    if (code) throw error_from_errno(code.value(), fmt::format("make {}", target_.string()));
    scratch_.clear();
  }

 private:
  fs::path target_;
  fs::path scratch_;
};

void write_member(const PackedMember& member, AtomicFile& file) {
  archive::for_each_block(member, [&](std::span<const std::byte> block) { file.write(block); });
}

}  // namespace

void export_version(const registry::ModelRegistry& registry, int version, const fs::path& given) {
  const auto record = registry.find(version);
  if (!record) {
    throw Error(ErrorCode::NotFound, fmt::format("{} has no version {}", registry.model(), version));
  }
  // "out/" means out.
  const fs::path target = given.has_filename() ? given : given.parent_path();
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(target, ignored))) {
    throw Error(ErrorCode::AlreadyExists, fmt::format("{} is there already; name another place", target.string()));
  }
  const std::vector<PackedMember> members = members_of(registry, *record);
  if (target.extension() == ".tar") {
    AtomicFile file(target);
    archive::pack_tar(members, fmt::format("{}-{}", record->model, record->version), seconds_of(record->created),
                      [&](std::span<const std::byte> block) { file.write(block); });
    file.commit();
    return;
  }
  NewFolder folder(target);
  for (const PackedMember& member : members) {
    AtomicFile file(folder.path() / member.member.name);
    write_member(member, file);
    file.commit();
  }
  folder.commit();
}

}  // namespace animalctl::publish
