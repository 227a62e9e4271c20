#include "animalctl/dataset/annotated_frames.h"

#include <utility>

#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/frame_listing.h"
#include "dataset/chunks.h"

namespace animalctl {
namespace {

void read_state(const AnnotationFolder& annotations, const ClassList& classes, AnnotatedFrame& frame) {
  Result<Annotation> annotation = annotations.read(frame.name);
  if (!annotation) {
    const bool missing = annotation.error().code() == ErrorCode::NotFound;
    frame.state = missing ? LabelState::NoAnnotation : LabelState::Garbled;
    if (!missing) {
      frame.annotation = annotations.name_of(frame.name);
      frame.problem = annotation.error();
    }
    return;
  }
  const std::optional<int> label = classes.index_of(annotation.value().label);
  if (label) {
    frame.state = LabelState::Labelled;
    frame.label = *label;
    return;
  }
  frame.state = LabelState::UnknownLabel;
  frame.annotation = annotations.name_of(frame.name);
  const std::string origin = (annotations.path() / frame.annotation).string();
  frame.problem = label_of(annotation.value(), classes, origin).error();
}

}  // namespace

std::vector<AnnotatedFrame> scan_annotated_frames(const std::filesystem::path& frames_dir,
                                                  const std::filesystem::path& annotations_dir,
                                                  const ClassList& classes, int threads) {
  std::vector<std::string> names = list_frames(frames_dir);
  const AnnotationFolder annotations(annotations_dir, StemOwners(names));
  std::vector<AnnotatedFrame> frames(names.size());
  parallel_chunks(names.size(), threads, [&](std::size_t i) {
    frames[i].name = std::move(names[i]);
    read_state(annotations, classes, frames[i]);
  });
  return frames;
}

}  // namespace animalctl
