#include "orchestrate/run_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

// Opening for reading is enough: fsync asks for the file's content, whoever wrote it.
void sync_path(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) throw error_from_errno(errno, fmt::format("open {}", path.string()));
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failed != 0) throw error_from_errno(failed, fmt::format("write {} to the disk", path.string()));
}

void remove_tree(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) throw error_from_errno(code.value(), fmt::format("remove {}", path.string()));
}

}  // namespace

bool RunFolder::has(std::string_view name) const {
  std::error_code ignored;
  return fs::is_directory(step(name), ignored);
}

fs::path RunFolder::begin(std::string_view name, bool keep) const {
  fs::path folder = work(name);
  if (!keep) remove_tree(folder);
  create_folders(folder);
  create_folders(log(name).parent_path());
  return folder;
}

void RunFolder::finish(std::string_view name) const {
  const fs::path folder = work(name);
  try {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) sync_path(entry.path(), 0);
      if (entry.is_directory()) sync_path(entry.path(), O_DIRECTORY);
    }
  } catch (const fs::filesystem_error& error) {
    throw error_from_errno(error.code().value(), fmt::format("read {}", folder.string()));
  }
  sync_path(folder, O_DIRECTORY);
  if (::rename(folder.c_str(), step(name).c_str()) != 0) {
    throw error_from_errno(errno, fmt::format("move {} into place", folder.string()));
  }
  sync_path(folder_, O_DIRECTORY);
}

void RunFolder::forget(std::string_view name) const {
  remove_tree(work(name));
  remove_tree(step(name));
}

void place_file(const fs::path& from, const fs::path& to) {
  create_folders(to.parent_path());
  // A link under another name first: rename() over the target is the durable step.
  const fs::path beside = to.parent_path() / (".animalctl-link-" + to.filename().string());
  ::unlink(beside.c_str());
  if (::link(from.c_str(), beside.c_str()) != 0) {
    write_file_atomic(to, std::span<const std::byte>(read_file(from)));
    return;
  }
  // rename() does nothing when both are one file already.
  const bool moved = ::rename(beside.c_str(), to.c_str()) == 0;
  const int problem = errno;
  ::unlink(beside.c_str());
  if (!moved) throw error_from_errno(problem, fmt::format("write {}", to.string()));
  sync_path(to.parent_path(), O_DIRECTORY);
}

}  // namespace animalctl::orchestrate
