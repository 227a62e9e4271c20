#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// True for names that can be frames: the extension is jpg, jpeg, png, webp or bmp in any letter case,
// and the name does not begin with a dot.
bool is_frame_name(std::string_view name);

enum class EntryKind {
  File,        // regular file, or a link to one
  Folder,      // or a link to one
  BrokenLink,  // a link whose target is gone
  Other,       // device, pipe, socket
};

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::File;
};

// The entries of a folder without "." and "..", sorted bytewise by name. Kinds come with the names from
// the folder itself (d_type); only links and file systems that do not say cost a stat. Throws NotFound,
// InvalidArgument (not a folder) or FailedPrecondition (no permission).
std::vector<FolderEntry> list_folder(const std::filesystem::path& folder);

// The names of the files in `frames_dir` that is_frame_name() accepts, sorted bytewise; no file is
// opened. Throws as list_folder does; NotFound says to give --frames-dir.
std::vector<std::string> list_frames(const std::filesystem::path& frames_dir);

}  // namespace animalctl
