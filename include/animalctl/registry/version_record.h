#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/base/digest.h"

namespace animalctl::registry {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// A file of a version's folder.
struct VersionFile {
  std::string role;  // "checkpoint", "archive", "run", "report", "page", "train_csv", …; each once
  std::string name;  // in the version's folder
  std::uint64_t bytes = 0;
  Digest sha256;
};

struct MetricRecord {
  std::string name;           // "accuracy", "test_accuracy", …
  double value = 0;           // finite
  std::optional<double> low;  // confidence interval, 95 %
  std::optional<double> high;
};

// What a gate said before the version could be promoted.
struct GateRecord {
  std::string name;     // "floors", "champion", "archive", …
  std::string verdict;  // "pass", "fail", "inconclusive", "skipped"
  std::string reason;
};

// version.json: where a model version comes from and what was found out about it (docs/formats/registry.md). Texts are
// UTF-8; empty ones and lists are left out of the file.
struct VersionRecord {
  std::string model;  // also the name of the folder: letters, digits, '.', '_', '-', at most 128, not starting with '.'
  int version = 0;    // 1 to kMaxVersion, rising; never used twice
  std::string created;  // RFC 3339, UTC
  std::string run;      // name of the training run
  std::vector<VersionFile> files;
  std::vector<std::string> classes;
  std::string architecture;
  std::string data_digest;   // data_digest() over the run's images, or the run record's own
  std::string split_digest;  // split_digest()
  std::uint64_t train_images = 0;
  std::uint64_t val_images = 0;
  NamedTexts settings;  // of the run, with its seed
  NamedTexts software;  // animalctl, commit, libraries
  std::vector<MetricRecord> metrics;
  std::vector<GateRecord> gates;
  std::optional<int> parent;  // the version it was compared with or started from
  std::string trigger;        // why it was trained: "new labels: 120 of 100", "by hand"

  static constexpr int kMaxVersion = 1'000'000'000;

  const VersionFile* file(std::string_view role) const;
};

// The file's text, ending with a newline; equal records give equal bytes.
std::string to_json(const VersionRecord& record);
// Reads it; named texts and metrics come sorted by name. `origin` names it in messages, which begin with it. Throws
// DataLoss (no JSON, a required key missing or of another type, a file name with a folder in it) and Unimplemented (a
// newer format). Unknown keys are ignored. Thread-safe.
VersionRecord parse_version_record(std::string_view text, std::string_view origin);

// Throws InvalidArgument when `name` is no name of a model (see VersionRecord::model).
void require_registry_name(std::string_view name);

// The model card: what a person should know before using the version (Mitchell et al., FAT* 2019), in Markdown, from
// the record alone.
std::string model_card(const VersionRecord& record);

}  // namespace animalctl::registry
