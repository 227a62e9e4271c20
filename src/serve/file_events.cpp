#include "serve/file_events.h"

#include <sys/stat.h>

namespace animalctl::serve {

std::optional<FileIdentity> file_identity(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino, status.st_size,
                      status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

FileEvents::FileEvents(const std::filesystem::path& file)
    : folder_(file.has_parent_path() ? file.parent_path() : std::filesystem::path(".")),
      watch_(listener_.watch(folder_, FolderListener::Creations::Heard)) {}

void FileEvents::wait(std::chrono::milliseconds at_most) {
  if (!watch_) watch_ = listener_.watch(folder_, FolderListener::Creations::Heard);
  for (const FolderNotice& notice : listener_.wait(at_most)) {
    if (!notice.went() || notice.watch != watch_) continue;
    // Another folder may have taken its name since.
    listener_.unwatch(notice.watch);
    watch_.reset();
  }
}

}  // namespace animalctl::serve
