#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/dataset/class_list.h"

namespace animalctl {

// What is known of the label of a frame.
enum class LabelState {
  Labelled,
  NoAnnotation,  // nobody has labelled it yet
  Garbled,       // there is an annotation, but it cannot be read
  UnknownLabel,  // it names none of the classes
};

struct AnnotatedFrame {
  std::string name;  // file name in the frames folder
  LabelState state = LabelState::NoAnnotation;
  int label = -1;                // index into the classes when Labelled
  std::string annotation;        // its file's name, when Garbled or UnknownLabel
  std::optional<Error> problem;  // set when Garbled or UnknownLabel
};

// Lists the frames of a folder, sorted by name, with what their annotations say. No image is opened.
// `threads` 0: one a core. Throws what list_frames and AnnotationFolder throw. 100,000 frames: about a second.
std::vector<AnnotatedFrame> scan_annotated_frames(const std::filesystem::path& frames_dir,
                                                  const std::filesystem::path& annotations_dir,
                                                  const ClassList& classes, int threads = 0);

}  // namespace animalctl
