#include "dataset/frame_store.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/frame_listing.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

std::vector<FolderEntry> list_if_present(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder, ignored) ? list_folder(folder) : std::vector<FolderEntry>();
}

}  // namespace

FrameStore::FrameStore(const fs::path& frames_dir, const fs::path& annotations_dir) : frames_dir_(frames_dir) {
  for (const FolderEntry& entry : list_if_present(frames_dir)) {
    stems_.insert(std::string(frame_stem(entry.name)));
    if (entry.kind != EntryKind::File || !is_frame_name(entry.name)) continue;
    std::error_code code;
    const std::uint64_t size = fs::file_size(frames_dir / entry.name, code);
    if (!code) unread_by_size_[size].push_back(entry.name);
  }
  for (const FolderEntry& entry : list_if_present(annotations_dir)) {
    if (entry.name.ends_with(".json")) stems_.insert(std::string(frame_stem(entry.name)));
  }
}

void FrameStore::hash_frames_of(std::uint64_t size) {
  const auto unread = unread_by_size_.find(size);
  if (unread == unread_by_size_.end()) return;
  for (const std::string& name : unread->second) {
    try {
      by_content_.try_emplace(sha256(read_file(frames_dir_ / name)), StoredFrame{name, false, -1});
    } catch (const Error&) {
      // A frame that cannot be read has no content to compare with; dataset-check reports it.
      continue;
    }
  }
  unread_by_size_.erase(unread);
}

std::optional<StoredFrame> FrameStore::find(const Digest& digest, std::uint64_t size) {
  hash_frames_of(size);
  const auto found = by_content_.find(digest);
  return found == by_content_.end() ? std::nullopt : std::optional<StoredFrame>(found->second);
}

std::string FrameStore::free_name(std::string_view stem, std::string_view extension) {
  const std::string base(stem);
  if (!stems_.contains(base)) return base + std::string(extension);
  unsigned& suffix = next_suffix_[base];
  std::string candidate;
  do {
    candidate = fmt::format("{}-{}", base, ++suffix);
  } while (stems_.contains(candidate));
  return candidate + std::string(extension);
}

void FrameStore::add(const Digest& digest, const std::string& name, int label) {
  stems_.insert(std::string(frame_stem(name)));
  by_content_[digest] = {name, true, label};
}

}  // namespace animalctl
