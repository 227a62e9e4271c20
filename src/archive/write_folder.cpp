#include "archive/write_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <fmt/core.h>

#include <cerrno>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "archive/scratch_folder.h"

namespace animalctl::archive {
namespace fs = std::filesystem;
namespace {

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  // Some file systems refuse fsync of a folder; the rename itself has happened.
  (void)::fsync(descriptor);
  ::close(descriptor);
}

// Puts `folder` in the place of `target`; what was there is then at `folder`, and goes with it.
void swap_in(const fs::path& folder, const fs::path& target) {
  const auto fail = [&] { return error_from_errno(errno, fmt::format("write {}", target.string())); };
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(target, ignored))) {
    if (::rename(folder.c_str(), target.c_str()) != 0) throw fail();
    return;
  }
  if (::renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) throw fail();
  // A file system that cannot exchange: for a moment there is nothing.
  const fs::path aside = folder.parent_path() / "replaced";
  if (::rename(target.c_str(), aside.c_str()) != 0) throw fail();
  if (::rename(folder.c_str(), target.c_str()) != 0) throw fail();
}

}  // namespace

void write_folder(const std::vector<PackedMember>& members, const fs::path& target) {
  const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  // On the target's own file system, hidden, and gone afterwards with what was replaced.
  const ScratchFolder scratch(parent, ".animalctl-");
  const fs::path folder = scratch.path() / "folder";
  create_folders(folder);
  for (const PackedMember& packed : members) {
    AtomicFile file(folder / packed.member.name);
    for_each_block(packed, [&](std::span<const std::byte> block) { file.write(block); });
    file.commit();
  }
  swap_in(folder, target);
  sync_folder(parent);
}

}  // namespace animalctl::archive
