#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/dataset/class_list.h"

namespace animalctl::orchestrate {

// The label of one frame.
struct FrameLabel {
  std::string frame;
  std::uint64_t key = 0;  // label_key() of its annotation's file name
  int label = -1;         // index into the classes; -1: none, garbled or unknown
  bool human = false;     // a person chose it; false: a person kept the model's ("auto")
};

// A frame that had a label, but nobody wrote down which.
inline constexpr std::int32_t kSomeLabel = -2;

// A label without names: what two states of a data set are compared by.
struct LabelEntry {
  std::uint64_t key = 0;
  std::int32_t label = -1;  // or kSomeLabel
  bool human = false;
  bool operator==(const LabelEntry&) const = default;
};

// What changed from one state to another.
struct LabelChange {
  std::int64_t added = 0;    // frames that had no label
  std::int64_t changed = 0;  // frames with another label
  std::int64_t removed = 0;
  std::vector<std::int64_t> by_class;  // added and changed, by what they are now
  std::int64_t total() const { return added + changed; }
};

// 64 bits that stand for an annotation file's name; the same in every process.
std::uint64_t label_key(std::string_view annotation_name);

// Reads the annotation of every frame, on `threads` threads (0: one a core); sorted by frame name. Folders that do not
// exist hold nothing. Throws as list_frames() and AnnotationFolder.
std::vector<FrameLabel> scan_labels(const std::filesystem::path& frames_dir,
                                    const std::filesystem::path& annotations_dir, const ClassList& classes,
                                    int threads);

// Those with a label, sorted by key.
std::vector<LabelEntry> label_entries(std::span<const FrameLabel> labels);

// What snapshots say: their frames had labels. `rows` may be paths, an image is known by its file's name; sorted by
// key, each frame once.
std::vector<LabelEntry> entries_of_rows(std::span<const std::string> rows);

// `before` and `now` sorted by key; entries without a label count as absent, kSomeLabel (in `before`) as the same
// label.
LabelChange compare_labels(std::span<const LabelEntry> before, std::span<const LabelEntry> now, std::size_t classes);

// labels.csv of a run: what every label was when it began (docs/formats/run-folder.md).
std::string format_label_file(std::span<const LabelEntry> entries, const ClassList& classes);
// Throws DataLoss naming `origin` and the line.
std::vector<LabelEntry> parse_label_file(std::string_view text, std::string_view origin, const ClassList& classes);

}  // namespace animalctl::orchestrate
