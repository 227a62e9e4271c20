#include "orchestrate/workspace_lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::orchestrate {

WorkspaceLock::WorkspaceLock(const std::filesystem::path& file) {
  create_folders(file.parent_path());
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw error_from_errno(errno, fmt::format("open {}", file.string()));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int problem = errno;
  ::close(descriptor_);
  if (problem == EWOULDBLOCK) {
    throw Error(ErrorCode::Unavailable,
                fmt::format("another orchestrator works in this workspace (it holds {}); wait until it has ended",
                            file.string()));
  }
  throw error_from_errno(problem, fmt::format("lock {}", file.string()));
}

WorkspaceLock::~WorkspaceLock() {
  ::close(descriptor_);
}

}  // namespace animalctl::orchestrate
