#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/dataset/import_dataset.h"

namespace animalctl {

// One image that a source offers.
struct SourceImage {
  std::filesystem::path path;
  std::string shown;  // for reports: relative to the source
  int label = 0;
};

// All images a source offers, in a fixed order. What is offered without a usable label goes to `skipped`.
std::vector<SourceImage> list_source(const ImportOptions& options, std::vector<SkippedSource>& skipped);

// list_source for one format each; `source` exists and is a folder (folders, prefix) or a file.
std::vector<SourceImage> list_class_folders(const ImportOptions& options, std::vector<SkippedSource>& skipped);
std::vector<SourceImage> list_prefixed_files(const ImportOptions& options, std::vector<SkippedSource>& skipped);
std::vector<SourceImage> list_csv_rows(const ImportOptions& options, std::vector<SkippedSource>& skipped);
std::vector<SourceImage> list_jsonl_rows(const ImportOptions& options, std::vector<SkippedSource>& skipped);

// The class a folder is named after: "cat", "Cats".
std::optional<int> class_of_folder(const ClassList& classes, std::string_view name);
// The class a file name begins with: "cat.12.jpg", "dog_3.png", "Cats-1.jpg", "cat12.jpg"; the longest wins.
std::optional<int> class_of_prefix(const ClassList& classes, std::string_view name);

// Words of skipped files, in one place so that they can be counted.
namespace skip_reason {
inline constexpr const char* kUnknownLabel = "unknown label";
inline constexpr const char* kHidden = "hidden file";
inline constexpr const char* kNoClassFolder = "not in the folder of a class";
inline constexpr const char* kFolder = "a folder";
inline constexpr const char* kGarbledLine = "garbled line";
inline constexpr const char* kMissing = "missing file";
inline constexpr const char* kUnreadable = "unreadable file";
inline constexpr const char* kEmpty = "empty file";
inline constexpr const char* kTooLarge = "file too large";
inline constexpr const char* kNotAnImage = "not an image";
inline constexpr const char* kUnsupported = "image format not supported";
inline constexpr const char* kAlreadyImported = "already imported";
inline constexpr const char* kGarbledThere = "already imported, but its annotation is garbled";
inline constexpr const char* kOtherLabelThere = "already there with another label";
inline constexpr const char* kDuplicate = "duplicate in the source";
inline constexpr const char* kConflict = "duplicate in the source with another label";
}  // namespace skip_reason

}  // namespace animalctl
