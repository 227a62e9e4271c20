#pragma once

#include <filesystem>

namespace animalctl::archive {

// A new folder that only this user may enter; removed with its content at the end.
class ScratchFolder {
 public:
  // Below `parent`, which is created when missing; "" means the system's folder for temporary files. Its name begins
  // with `prefix`. Throws FailedPrecondition, ResourceExhausted.
  explicit ScratchFolder(std::filesystem::path parent, const char* prefix = "animalctl-archive-");
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace animalctl::archive
