#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/dataset/class_list.h"

namespace animalctl {

struct LabelledSetOptions {
  std::filesystem::path csv;
  std::filesystem::path frames_dir;  // where relative rows are looked up when they are not found as given
  std::filesystem::path annotations_dir;
  ClassList classes;
  bool strict = false;  // throw the first problem instead of skipping its row
  int threads = 0;      // 0: one a core
};

struct LabelledFrame {
  std::filesystem::path frame;  // exists; absolute, or relative to the working directory
  int label = 0;                // index into the classes
};

struct SkippedFrame {
  std::filesystem::path frame;  // as the row says when the file is gone
  Error reason;
};

struct LabelledSet {
  std::vector<LabelledFrame> frames;      // in the order of the rows
  std::vector<SkippedFrame> skipped;      // in the order of the rows
  std::vector<std::size_t> class_counts;  // frames a class; as many as there are classes
};

// Reads a snapshot and the annotation of each of its frames. A row is looked for: absolute as it is;
// relative as given from the working directory, else as frames_dir/row, else as frames_dir/<file name>.
// A row is skipped with its reason when the file is gone (NotFound), its annotation is missing (NotFound)
// or garbled (DataLoss), or the label is none of the classes (DataLoss). No image is opened. A snapshot
// without rows gives an empty set; the caller decides what that means.
// Throws what read_snapshot throws; with `strict` the first reason in the order of the rows.
// 100,000 rows take about a second.
LabelledSet load_labelled_set(const LabelledSetOptions& options);

}  // namespace animalctl
