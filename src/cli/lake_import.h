#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "animalctl/lake/frame_index.h"

namespace animalctl::cli {

struct FrameImportSources {
  std::filesystem::path frames_dir;  // one that does not exist has no frames
  std::filesystem::path ledger;      // of the stable split; one that does not exist assigns no parts
  int threads = 0;
  std::int64_t now_ms = 0;  // first_seen of new frames
};

struct FrameImport {
  lake::FrameChanges changes;
  std::size_t unreadable = 0;  // frames that could not be read: told in the log, left out
};

// Makes the lake's index say what the frames folder and the ledger say; reads only what is new or changed. Throws
// Database's errors and those of reading the ledger; a frame that cannot be read stops nothing.
FrameImport import_frames(lake::Database& database, const FrameImportSources& sources, const std::stop_token& stop);

// Empties what an import brings: predictions, how far their files were read, frames.
void forget_imported(lake::Database& database);

}  // namespace animalctl::cli
