#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/base/progress.h"
#include "animalctl/dataset/class_list.h"

namespace animalctl {

// How a source says what its images show.
enum class ImportFormat {
  Auto,     // a file: csv or jsonl by its name; a folder: folders when one is named after a class, else prefix
  Folders,  // SRC/cat/…, SRC/dogs/…: the first folder names the class, in any letter case, with or without a final s
  Prefix,   // SRC/cat.12.jpg, SRC/dog_3.png: the file name begins with the class
  Csv,      // a CSV file with a column of paths and one of labels
  Jsonl,    // one JSON object a line, with the same two keys
};

struct ImportOptions {
  std::filesystem::path source;
  std::filesystem::path frames_dir;
  std::filesystem::path annotations_dir;
  ClassList classes;
  ImportFormat format = ImportFormat::Auto;
  bool link = false;              // hard link instead of a copy; across devices a symbolic link
  std::string path_column = {};   // csv, jsonl; empty: path, file, filename, file_name, image, frame_filename or frame
  std::string label_column = {};  // csv, jsonl; empty: label, class, category or animal
};

struct SkippedSource {
  std::string file;    // path in the source, or "line 12" of a list that names none
  std::string reason;  // the same words for the same kind of problem, so that they can be counted
  std::string detail;  // more about this file; may be empty
};

struct ImportReport {
  std::size_t imported = 0;
  std::vector<std::size_t> class_counts;  // of the imported
  std::size_t renamed = 0;                // imported under another name than in the source
  std::size_t corrected_extensions = 0;   // of the renamed: the extension did not fit the content
  std::size_t linked = 0;                 // hard or symbolic links instead of copies
  std::size_t already_imported = 0;       // same content and label there before this run; also in `skipped`
  std::vector<SkippedSource> skipped;     // in the order met

  // How many were skipped for each reason.
  std::map<std::string, std::size_t> skipped_by_reason() const;
};

// Brings images and labels from elsewhere into a workspace. Names are kept; a name or stem that is taken by
// another picture gets a suffix (cat.12-1.jpg), an extension that does not fit the content is replaced.
// Content that is there already is skipped, so importing twice changes nothing; one without its annotation
// (an import that was interrupted) gets it. What is no image by its header is skipped; nothing is decoded.
// Frames come before their annotations: after a crash a frame may lack its label, never have a wrong one.
// Throws NotFound (source), InvalidArgument (format and source do not fit), DataLoss (a list that is no
// CSV or JSONL, or lacks its columns), Cancelled (what was copied by then stays), and what writing throws.
ImportReport import_dataset(const ImportOptions& options, ProgressSink& progress, const std::stop_token& stop);

}  // namespace animalctl
