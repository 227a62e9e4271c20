#pragma once

#include <filesystem>
#include <string_view>

#include "animalctl/base/result.h"
#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/class_list.h"

namespace animalctl {

// Reads many annotations of one folder quickly: the folder is opened once. Thread-safe.
class AnnotationFolder {
 public:
  // Throws NotFound (with what to do), InvalidArgument (not a folder) or FailedPrecondition (no permission).
  explicit AnnotationFolder(std::filesystem::path folder);
  ~AnnotationFolder();
  AnnotationFolder(const AnnotationFolder&) = delete;
  AnnotationFolder& operator=(const AnnotationFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // The annotation of a frame, given by name or path; only its stem counts. NotFound when there is none,
  // DataLoss when it is garbled or larger than 1 MiB, FailedPrecondition when it may not be read.
  Result<Annotation> read(std::string_view frame) const;

  // The class of a frame. Also DataLoss when the label is none of the classes.
  Result<int> read_label(std::string_view frame, const ClassList& classes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

// The file name without its last extension, which names the annotation: "a/b.c.png" gives "b.c".
std::string_view frame_stem(std::string_view frame);

// The class of an annotation; DataLoss naming `origin` and the classes when it is none of them.
Result<int> label_of(const Annotation& annotation, const ClassList& classes, std::string_view origin);

}  // namespace animalctl
