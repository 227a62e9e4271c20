#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/progress.h"
#include "animalctl/dataset/class_list.h"
#include "animalctl/dataset/image_examiner.h"
#include "animalctl/dataset/split.h"

namespace animalctl {

struct SplitDatasetOptions {
  std::array<std::filesystem::path, kPartCount> csv;  // train, val, test; three different files
  std::filesystem::path frames_dir;
  std::filesystem::path annotations_dir;
  ClassList classes;
  SplitFractions fractions;
  std::uint64_t seed = 0;
  bool stratify = true;                      // not used with `stable`
  bool stable = false;                       // by content, with the ledger stable_split.csv beside the train CSV
  int near_distance = kDefaultNearDistance;  // with a new ledger: bits of 64
  bool strict = false;                       // throw at the first garbled or unknown label or undecodable image
  int threads = 0;                           // 0: one a core
};

// Why a frame is in none of the parts.
enum class LeftOutKind { NoAnnotation, GarbledAnnotation, UnknownLabel, Undecodable };

struct LeftOutFrame {
  std::string name;
  LeftOutKind kind = LeftOutKind::NoAnnotation;
};

struct SplitReport {
  std::array<std::vector<std::size_t>, kPartCount> counts;  // frames a part and class
  std::vector<LeftOutFrame> left_out;                       // by name
  std::vector<std::string> behind_another;  // of left_out: another frame of the stem has the annotation (a.png, a.jpg)
  std::size_t newly_recorded = 0;           // images added to the ledger
};

// The ledger of a stable split: stable_split.csv beside the train CSV.
std::filesystem::path stable_ledger_path(const std::filesystem::path& train_csv);

// Splits the labelled frames of a folder into three snapshots (snapshot.h), whose rows are
// <frames_dir>/<name> sorted by name. All texts are written out before the first takes its place; the
// ledger comes first. With `stable` every labelled frame is read, and those not in the ledger are decoded
// by `examiner`; otherwise no image is opened and `examiner` may be empty.
// Throws InvalidArgument (fractions; two outputs are the same file), NotFound (no folder, no frames),
// FailedPrecondition (no frame has a usable label; a ledger with other settings), DataLoss (garbled ledger;
// with `strict` a bad annotation), Cancelled when `stop` is requested, and what writing throws.
SplitReport split_dataset(const SplitDatasetOptions& options, const ImageExaminer& examiner, ProgressSink& progress,
                          const std::stop_token& stop);

}  // namespace animalctl
