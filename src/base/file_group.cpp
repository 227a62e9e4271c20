#include "animalctl/base/file_group.h"

namespace animalctl {

void FileGroup::add(const std::filesystem::path& target, std::span<const std::byte> bytes) {
  if (has(target)) return;
  auto file = std::make_unique<AtomicFile>(target);
  file->write(bytes);
  files_.push_back({target, std::move(file)});
  targets_.insert(target);
}

std::vector<FileGroup::Failure> FileGroup::commit() {
  std::vector<Failure> failures;
  std::vector<Entry> files = std::exchange(files_, {});
  targets_.clear();
  // All are synced before the first is renamed: a rename would end the transaction that they share.
  const auto for_each = [&](void (AtomicFile::*step)()) {
    for (Entry& entry : files) {
      if (!entry.file) continue;
      try {
        (entry.file.get()->*step)();
      } catch (const Error& error) {
        failures.push_back({entry.target, error});
        entry.file.reset();
      }
    }
  };
  for_each(&AtomicFile::sync);
  for_each(&AtomicFile::replace_target);
  std::set<std::filesystem::path> folders;
  for (const Entry& entry : files) {
    if (entry.file) folders.insert(entry.target.parent_path());
  }
  for (const std::filesystem::path& folder : folders) sync_folder(folder);
  return failures;
}

}  // namespace animalctl
