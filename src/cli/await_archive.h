#pragma once

#include <filesystem>
#include <stop_token>

namespace animalctl::cli {

// True when the folder holds an archive (*.mar).
bool has_archive(const std::filesystem::path& model_store);

// Blocks until the folder, which must exist, holds an archive; false when stopped before. The kernel tells of new files
// (inotify); where it cannot, the folder is looked at every two seconds.
bool await_archive(const std::filesystem::path& model_store, const std::stop_token& stop);

}  // namespace animalctl::cli
