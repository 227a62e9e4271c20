#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>

#include "animalctl/base/result.h"
#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/annotation_names.h"
#include "animalctl/dataset/class_list.h"

namespace animalctl {

// Reads many annotations of one folder quickly: the folder is opened and listed once. Thread-safe.
class AnnotationFolder {
 public:
  // `owners` says which frames do not own their stem and so have no plain annotation; without it every frame may have
  // one. Qualified annotations that come after this are not seen. Throws NotFound (with what to do), InvalidArgument
  // (not a folder) or FailedPrecondition (no permission).
  explicit AnnotationFolder(std::filesystem::path folder, StemOwners owners = {});
  ~AnnotationFolder();
  AnnotationFolder(const AnnotationFolder&) = delete;
  AnnotationFolder& operator=(const AnnotationFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // The name of the file that holds a frame's annotation, or would hold it: the qualified one when it is there or the
  // frame does not own its stem, else the plain one. The frame is given by name or path.
  std::string name_of(std::string_view frame) const;

  // The annotation of a frame, given by name or path; its folders do not count. NotFound when there is none, DataLoss
  // when it is garbled or larger than 1 MiB, FailedPrecondition when it may not be read.
  Result<Annotation> read(std::string_view frame) const;

  // The class of a frame. Also DataLoss when the label is none of the classes.
  Result<int> read_label(std::string_view frame, const ClassList& classes) const;

 private:
  std::filesystem::path path_;
  StemOwners owners_;
  std::unordered_set<std::string> qualified_;  // file names that may be qualified annotations
  int descriptor_ = -1;
};

// The file name without its last extension, which names the annotation: "a/b.c.png" gives "b.c".
std::string_view frame_stem(std::string_view frame);

// The class of an annotation; DataLoss naming `origin` and the classes when it is none of them.
Result<int> label_of(const Annotation& annotation, const ClassList& classes, std::string_view origin);

}  // namespace animalctl
