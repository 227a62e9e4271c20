#include "animalctl/dataset/frame_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

EntryKind kind_by_stat(int folder, const char* name) {
  struct stat status {};
  if (::fstatat(folder, name, &status, 0) != 0) return EntryKind::BrokenLink;
  if (S_ISREG(status.st_mode)) return EntryKind::File;
  return S_ISDIR(status.st_mode) ? EntryKind::Folder : EntryKind::Other;
}

EntryKind kind_of(DIR* folder, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return EntryKind::File;
    case DT_DIR:
      return EntryKind::Folder;
    case DT_LNK:
    case DT_UNKNOWN:
      return kind_by_stat(::dirfd(folder), entry.d_name);
    default:
      return EntryKind::Other;
  }
}

}  // namespace

bool is_frame_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kExtensions = {"jpg", "jpeg", "png", "webp", "bmp"};
  const std::size_t dot = name.rfind('.');
  if (name.empty() || name.front() == '.' || dot == std::string_view::npos) return false;
  const std::string extension = to_lower(name.substr(dot + 1));
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::vector<FolderEntry> list_folder(const std::filesystem::path& folder) {
  const std::string name = folder.empty() ? "." : folder.string();
  const std::unique_ptr<DIR, CloseFolder> stream(::opendir(name.c_str()));
  if (!stream) throw error_from_errno(errno, fmt::format("list the folder {}", name));
  std::vector<FolderEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view entry_name = entry->d_name;
    if (entry_name != "." && entry_name != "..") {
      entries.push_back({std::string(entry_name), kind_of(stream.get(), *entry)});
    }
  }
  if (errno != 0) throw error_from_errno(errno, fmt::format("list the folder {}", name));
  std::sort(entries.begin(), entries.end(), [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

std::vector<std::string> list_frames(const std::filesystem::path& frames_dir) {
  std::vector<FolderEntry> entries;
  try {
    entries = list_folder(frames_dir);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no frames folder {}; give --frames-dir, or import images into it with "
                            "`animalctl dataset-import`",
                            frames_dir.string()));
  }
  std::vector<std::string> names;
  for (FolderEntry& entry : entries) {
    if (entry.kind == EntryKind::File && is_frame_name(entry.name)) names.push_back(std::move(entry.name));
  }
  return names;
}

}  // namespace animalctl
