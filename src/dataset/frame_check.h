#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/base/digest.h"
#include "animalctl/dataset/check_dataset.h"

namespace animalctl {

// What looking at one frame's file gave.
struct FrameCheck {
  std::vector<Finding> findings;
  bool decoded = false;  // the fields below are set
  Digest digest;
  std::uint64_t perceptual_hash = 0;
};

// Reads and decodes one frame. Never throws an Error: what is wrong is a finding. Thread-safe.
FrameCheck check_frame(const std::filesystem::path& frames_dir, const std::string& name, const ImageExaminer& examiner);

}  // namespace animalctl
