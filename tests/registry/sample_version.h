#pragma once

#include <string>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/base/time_text.h"
#include "animalctl/registry/registry.h"
#include "support/temporary_folder.h"

namespace animalctl::registry {

inline Timestamp sample_time(int minute = 0) {
  return *parse_iso_time("2026-11-26T03:00:00Z") + std::chrono::minutes(minute);
}

// A record with something in every field.
inline VersionRecord sample_record() {
  VersionRecord record;
  record.run = "run-000007";
  record.classes = {"CAT", "DOG"};
  record.architecture = "mobilenet_v2";
  record.data_digest = sha256(std::string_view("data")).hex();
  record.split_digest = sha256(std::string_view("split")).hex();
  record.train_images = 800;
  record.val_images = 100;
  record.settings = {{"lr", "0.001"}, {"seed", "7"}};
  record.software = {{"animalctl", "0.6.0"}, {"libtorch", "1.13.0"}};
  record.metrics = {{"accuracy", 0.953125, 0.92, 0.97}, {"log_loss", 0.125, std::nullopt, std::nullopt}};
  record.gates = {{"champion", "inconclusive", "4 against 2 | no difference shown"}, {"floors", "pass", ""}};
  record.trigger = "new labels: 120 of 100";
  return record;
}

// Two files to register, in `folder`.
inline std::vector<VersionSource> sample_files(const test::TemporaryFolder& folder) {
  write_file_atomic(folder / "base.pth", "weights of a model");
  write_file_atomic(folder / "packed.mar", "an archive");
  return {{"checkpoint", folder / "base.pth"}, {"archive", folder / "packed.mar"}};
}

}  // namespace animalctl::registry
