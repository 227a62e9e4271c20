#include "dataset/import_source.h"

#include <sys/stat.h>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/frame_listing.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

struct FoundFile {
  fs::path path;
  std::string shown;
};

// Files under a folder, depth first. Each folder is visited once, so links cannot lead in circles.
class FolderWalk {
 public:
  explicit FolderWalk(std::vector<SkippedSource>& skipped) : skipped_(skipped) {}

  std::vector<FoundFile> walk(const fs::path& folder, const std::string& shown) {
    std::vector<FoundFile> files;
    visit(folder, shown, files);
    return files;
  }

 private:
  void visit(const fs::path& folder, const std::string& shown, std::vector<FoundFile>& files) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !visited_.insert({status.st_dev, status.st_ino}).second) return;
    for (const FolderEntry& entry : list_folder(folder)) {
      const std::string name = shown + "/" + entry.name;
      if (entry.name.starts_with('.')) {
        skipped_.push_back({name, skip_reason::kHidden, ""});
      } else if (entry.kind == EntryKind::Folder) {
        visit(folder / entry.name, name, files);
      } else {
        files.push_back({folder / entry.name, name});
      }
    }
  }

  std::vector<SkippedSource>& skipped_;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

bool is_letter(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
}

ImportFormat detect_format(const ImportOptions& options, bool is_folder) {
  if (is_folder) {
    for (const FolderEntry& entry : list_folder(options.source)) {
      const bool named = entry.kind == EntryKind::Folder && class_of_folder(options.classes, entry.name);
      if (named) return ImportFormat::Folders;
    }
    return ImportFormat::Prefix;
  }
  const std::string extension = to_lower(options.source.extension().string());
  if (extension == ".csv") return ImportFormat::Csv;
  if (extension == ".jsonl" || extension == ".ndjson") return ImportFormat::Jsonl;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("cannot tell what {} is; name a folder, a .csv or a .jsonl file, or give --format",
                          options.source.string()));
}

}  // namespace

std::optional<int> class_of_folder(const ClassList& classes, std::string_view name) {
  if (const std::optional<int> exact = classes.index_of(name)) return exact;
  const bool plural = name.size() > 1 && (name.back() == 's' || name.back() == 'S');
  return plural ? classes.index_of(name.substr(0, name.size() - 1)) : std::nullopt;
}

std::optional<int> class_of_prefix(const ClassList& classes, std::string_view name) {
  const std::string upper = to_upper(name);
  std::optional<int> best;
  std::size_t best_size = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::string& candidate = classes.names()[i];
    if (candidate.size() <= best_size || !upper.starts_with(candidate)) continue;
    std::string_view rest = std::string_view(upper).substr(candidate.size());
    if (rest.starts_with('S')) rest.remove_prefix(1);
    // "catalogue.png" is no cat: the class must end where the word ends.
    if (!rest.empty() && is_letter(rest.front())) continue;
    best = static_cast<int>(i);
    best_size = candidate.size();
  }
  return best;
}

std::vector<SourceImage> list_class_folders(const ImportOptions& options, std::vector<SkippedSource>& skipped) {
  std::vector<SourceImage> images;
  FolderWalk folder_walk(skipped);
  for (const FolderEntry& entry : list_folder(options.source)) {
    if (entry.name.starts_with('.')) {
      skipped.push_back({entry.name, skip_reason::kHidden, ""});
      continue;
    }
    if (entry.kind != EntryKind::Folder) {
      skipped.push_back({entry.name, skip_reason::kNoClassFolder, ""});
      continue;
    }
    const std::optional<int> label = class_of_folder(options.classes, entry.name);
    for (FoundFile& file : folder_walk.walk(options.source / entry.name, entry.name)) {
      if (label) {
        images.push_back({std::move(file.path), std::move(file.shown), *label});
      } else {
        skipped.push_back({std::move(file.shown), skip_reason::kUnknownLabel, entry.name});
      }
    }
  }
  return images;
}

std::vector<SourceImage> list_prefixed_files(const ImportOptions& options, std::vector<SkippedSource>& skipped) {
  std::vector<SourceImage> images;
  for (const FolderEntry& entry : list_folder(options.source)) {
    if (entry.name.starts_with('.')) {
      skipped.push_back({entry.name, skip_reason::kHidden, ""});
    } else if (entry.kind == EntryKind::Folder) {
      skipped.push_back({entry.name, skip_reason::kFolder, ""});
    } else if (const std::optional<int> label = class_of_prefix(options.classes, entry.name)) {
      images.push_back({options.source / entry.name, entry.name, *label});
    } else {
      skipped.push_back({entry.name, skip_reason::kUnknownLabel, ""});
    }
  }
  return images;
}

std::vector<SourceImage> list_source(const ImportOptions& options, std::vector<SkippedSource>& skipped) {
  struct stat status {};
  if (::stat(options.source.c_str(), &status) != 0) {
    throw error_from_errno(errno, fmt::format("import from {}", options.source.string()));
  }
  const bool is_folder = S_ISDIR(status.st_mode);
  const ImportFormat format = options.format == ImportFormat::Auto ? detect_format(options, is_folder) : options.format;
  const bool needs_folder = format == ImportFormat::Folders || format == ImportFormat::Prefix;
  if (needs_folder != is_folder) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is a {}, the format asks for a {}; correct --format or the source",
                            options.source.string(), is_folder ? "folder" : "file", needs_folder ? "folder" : "file"));
  }
  switch (format) {
    case ImportFormat::Auto:
    case ImportFormat::Folders:
      return list_class_folders(options, skipped);
    case ImportFormat::Prefix:
      return list_prefixed_files(options, skipped);
    case ImportFormat::Csv:
      return list_csv_rows(options, skipped);
    case ImportFormat::Jsonl:
      return list_jsonl_rows(options, skipped);
  }
  return {};
}

}  // namespace animalctl
