#pragma once

#include <filesystem>
#include <stop_token>

namespace animalctl::cli {

// True when the folder holds an archive (*.mar).
bool has_archive(const std::filesystem::path& model_store);

// Blocks until the folder holds an archive; false when stopped before. The kernel tells of new files (FolderListener);
// where it cannot, and while there is no such folder, it is looked at every two seconds. Throws what FolderListener
// does.
bool await_archive(const std::filesystem::path& model_store, const std::stop_token& stop);

}  // namespace animalctl::cli
