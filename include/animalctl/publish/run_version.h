#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/registry/registry.h"

namespace animalctl::publish {

// What a training run and the commands after it left: the parts of a version. "" : there is none.
struct RunFiles {
  std::filesystem::path checkpoint;  // needed
  std::filesystem::path run;         // "" : <name>.json beside <name>.pth or <name>_latest.pth when it is there
  std::filesystem::path archive;     // .mar
  std::filesystem::path report;      // what `report --json` or `validate --json` printed
  std::filesystem::path page;        // the report's HTML
  std::filesystem::path train_csv;
  std::filesystem::path val_csv;
  std::filesystem::path test_csv;
  // Where the images and labels of the snapshots lie; with both, data_digest is computed from them (each file is read),
  // else it is the digest that the run's record states.
  std::filesystem::path frames_dir;
  std::filesystem::path annotations_dir;
};

struct RunVersion {
  registry::VersionRecord record;              // version 0; trigger, parent and gates are the caller's
  std::vector<registry::VersionSource> files;  // for ModelRegistry::register_version()
  std::vector<std::string> unknown;            // what nobody could find out, in words
};

// Reads what the files say of the version: classes, architecture, settings with the seed, library versions, numbers of
// images, digests, metrics with 95 % intervals ("val_…" of the run's best epoch, "test_…" of the report). An archive's
// model name and whole-number version ("3.0") become the record's. Throws NotFound (a file that was named is missing),
// DataLoss (it is garbled), FailedPrecondition (the archive holds other weights than the checkpoint, or has no
// whole-number version; an image is in two parts of the split).
RunVersion version_of_run(const RunFiles& files);

}  // namespace animalctl::publish
