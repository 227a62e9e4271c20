#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/base/progress.h"
#include "animalctl/dataset/class_list.h"
#include "animalctl/dataset/image_examiner.h"

namespace animalctl {

// What can be wrong with a data set, worst first. The kinds up to ExactDuplicate are errors: they spoil
// training or its measurement. The others are notices: ordinary, or a matter of taste.
enum class FindingKind {
  ConflictingLabels,  // the same picture, exactly or nearly, with two labels
  Unreadable,         // cannot be decoded, or its file cannot be read
  Truncated,          // the file ends early
  Empty,              // zero bytes
  Oversize,           // over the limits of decoding (image/limits.h)
  WrongExtension,     // the content is of another format than the name says
  GarbledAnnotation,  // not JSON, or without a label
  UnknownLabel,       // none of the classes
  SharedAnnotation,   // two frames with one annotation: a.png and a.jpg
  OrphanAnnotation,   // an annotation without a frame
  ExactDuplicate,     // the same bytes twice, with one label: the copies may fall on both sides of a split
  NearDuplicate,      // nearly the same picture, with one label or without
  Damaged,            // decoded, but the decoder complained
  Unlabelled,         // a frame without an annotation
  IgnoredFile,        // in the frames folder, and no frame by its name
};

enum class Severity { Error, Notice };
Severity severity(FindingKind kind);

// The stable key of JSON output, e.g. "conflicting_labels".
std::string_view to_string(FindingKind kind);
// For people, e.g. "same picture with two labels".
std::string_view describe(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::Unreadable;
  std::vector<std::string> files;   // names in their folder, sorted; annotations end with .json
  std::vector<std::string> labels;  // of those files, where labels matter ("" for a frame without)
  std::string detail;               // why, for a person; may be empty
};

struct CheckOptions {
  std::filesystem::path frames_dir;
  std::filesystem::path annotations_dir;
  ClassList classes;
  int near_distance = kDefaultNearDistance;  // bits of 64, 0..15
  int threads = 0;                           // 0: one a core
  std::filesystem::path cache_file = {};     // what was found of files that have not changed since; "": none is kept
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();  // when the check begins
};

struct CheckReport {
  std::size_t frames = 0;
  std::size_t read = 0;      // frames that were read; the others are as they were when they were checked before
  std::size_t labelled = 0;  // with a label that is one of the classes
  std::vector<std::size_t> class_counts;
  std::vector<Finding> findings;  // by kind, worst first, then by name

  std::size_t count(FindingKind kind) const;
  std::size_t errors() const;  // findings that are errors
  std::size_t notices() const;
};

// Reads and decodes every frame (but those that cache_file knows), reads every annotation and reports all that is
// wrong. Never stops for one bad file. Near-duplicates are reported as the pairs that connect them, not each with each.
// Throws NotFound (a folder is missing), InvalidArgument (near_distance), Cancelled.
CheckReport check_dataset(const CheckOptions& options, const ImageExaminer& examiner, ProgressSink& progress,
                          const std::stop_token& stop);

// One JSON object on several lines; keys: docs of `dataset-check --json` in docs/formats/dataset-check.md.
std::string to_json(const CheckReport& report, const ClassList& classes);

}  // namespace animalctl
