#pragma once

#include <filesystem>

namespace animalctl::orchestrate {

// Only one orchestrator works in a workspace: flock(2) on a file, let go by the kernel however the process ends.
// Children do not inherit it.
class WorkspaceLock {
 public:
  // Throws Unavailable when another process has it, and what opening a file throws.
  explicit WorkspaceLock(const std::filesystem::path& file);
  ~WorkspaceLock();
  WorkspaceLock(const WorkspaceLock&) = delete;
  WorkspaceLock& operator=(const WorkspaceLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace animalctl::orchestrate
