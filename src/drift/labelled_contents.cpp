#include <filesystem>

#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/drift/drift_report.h"
#include "animalctl/lake/frame_index.h"

namespace animalctl::drift {

std::vector<LabelledContent> read_labelled_contents(lake::Database& database, const std::string& annotations_dir) {
  std::vector<LabelledContent> labelled;
  if (!std::filesystem::is_directory(annotations_dir)) return labelled;
  std::vector<lake::FrameRow> frames = lake::FrameIndex(database).all();
  std::vector<std::string> names;
  names.reserve(frames.size());
  for (const lake::FrameRow& frame : frames) names.push_back(frame.name);
  const AnnotationFolder annotations(annotations_dir, StemOwners(names));
  for (const lake::FrameRow& frame : frames) {
    const Result<Annotation> annotation = annotations.read(frame.name);
    if (annotation) labelled.push_back({frame.digest, annotation.value().label, frame.source == "audit"});
  }
  return labelled;
}

}  // namespace animalctl::drift
