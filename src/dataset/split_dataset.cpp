#include "animalctl/dataset/split_dataset.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "animalctl/base/file.h"
#include "animalctl/dataset/annotated_frames.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/snapshot.h"
#include "animalctl/dataset/stable_split.h"
#include "dataset/stable_frames.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

fs::path canonical_or_normal(const fs::path& path) {
  std::error_code code;
  fs::path canonical = fs::weakly_canonical(fs::absolute(path), code);
  return code ? fs::absolute(path).lexically_normal() : canonical;
}

void refuse_same_outputs(const SplitDatasetOptions& options) {
  std::vector<fs::path> outputs(options.csv.begin(), options.csv.end());
  if (options.stable) outputs.push_back(stable_ledger_path(options.csv[0]));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (canonical_or_normal(outputs[i]) != canonical_or_normal(outputs[j])) continue;
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{} and {} are the same file; give each part a file of its own", outputs[j].string(),
                              outputs[i].string()));
    }
  }
}

LeftOutKind left_out_kind(LabelState state) {
  switch (state) {
    case LabelState::Labelled:
    case LabelState::NoAnnotation:
      return LeftOutKind::NoAnnotation;
    case LabelState::Garbled:
      return LeftOutKind::GarbledAnnotation;
    case LabelState::UnknownLabel:
      return LeftOutKind::UnknownLabel;
  }
  return LeftOutKind::NoAnnotation;
}

// The frames that have a label, sorted by name; the others go to the report.
std::vector<AnnotatedFrame> usable_frames(const SplitDatasetOptions& options, SplitReport& report) {
  std::vector<AnnotatedFrame> all =
      scan_annotated_frames(options.frames_dir, options.annotations_dir, options.classes, options.threads);
  if (all.empty()) {
    throw Error(
        ErrorCode::NotFound,
        fmt::format("there are no frames in {} (jpg, jpeg, png, webp or bmp); give --frames-dir, or import images "
                    "with `animalctl dataset-import`",
                    options.frames_dir.string()));
  }
  std::vector<AnnotatedFrame> usable;
  usable.reserve(all.size());
  for (AnnotatedFrame& frame : all) {
    if (frame.state == LabelState::Labelled) {
      usable.push_back(std::move(frame));
      continue;
    }
    if (options.strict && frame.problem) throw frame.problem->with_note("stopped because of --strict");
    report.left_out.push_back({std::move(frame.name), left_out_kind(frame.state)});
  }
  return usable;
}

[[noreturn]] void throw_nothing_usable(const SplitDatasetOptions& options, const SplitReport& report) {
  const auto count = [&](LeftOutKind kind) {
    return std::count_if(report.left_out.begin(), report.left_out.end(),
                         [&](const LeftOutFrame& frame) { return frame.kind == kind; });
  };
  throw Error(
      ErrorCode::FailedPrecondition,
      fmt::format("none of the {} frames in {} can be used: {} without an annotation in {}, {} with a garbled one, "
                  "{} with a label other than {}, {} undecodable; label some frames, or give --annotations-dir "
                  "or --classes",
                  report.left_out.size(), options.frames_dir.string(), count(LeftOutKind::NoAnnotation),
                  options.annotations_dir.string(), count(LeftOutKind::GarbledAnnotation),
                  count(LeftOutKind::UnknownLabel), options.classes.joined(), count(LeftOutKind::Undecodable)));
}

std::vector<Part> assign_exactly(const SplitDatasetOptions& options, const std::vector<AnnotatedFrame>& frames) {
  std::vector<SplitItem> items;
  items.reserve(frames.size());
  for (const AnnotatedFrame& frame : frames) items.push_back({frame.name, frame.label});
  return split_exact(items, options.fractions, options.seed, options.stratify);
}

// Drops the frames that cannot be decoded and assigns the others by content.
std::vector<Part> assign_stably(const SplitDatasetOptions& options, const ImageExaminer& examiner,
                                ProgressSink& progress, const std::stop_token& stop, StableLedger& ledger,
                                std::vector<AnnotatedFrame>& frames, SplitReport& report) {
  std::vector<std::string_view> names;
  names.reserve(frames.size());
  for (const AnnotatedFrame& frame : frames) names.push_back(frame.name);
  const auto read = read_stable_items(options.frames_dir, names, ledger, examiner, options.threads, progress, stop);
  std::vector<StableItem> items;
  std::vector<AnnotatedFrame> kept;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (read[i]->ok()) {
      items.push_back(read[i]->value());
      kept.push_back(std::move(frames[i]));
      continue;
    }
    if (options.strict) throw read[i]->error().with_note("stopped because of --strict");
    report.left_out.push_back({std::move(frames[i].name), LeftOutKind::Undecodable});
  }
  frames = std::move(kept);
  const std::size_t before = ledger.entries().size();
  std::vector<Part> parts = split_stable(items, ledger);
  report.newly_recorded = ledger.entries().size() - before;
  return parts;
}

// Left out for want of an annotation, while another frame of the stem has one.
std::vector<std::string> frames_behind_another(const std::vector<AnnotatedFrame>& frames,
                                               const std::vector<LeftOutFrame>& left_out) {
  std::unordered_set<std::string_view> stems;
  for (const AnnotatedFrame& frame : frames) stems.insert(frame_stem(frame.name));
  std::vector<std::string> behind;
  for (const LeftOutFrame& frame : left_out) {
    if (frame.kind == LeftOutKind::NoAnnotation && stems.contains(frame_stem(frame.name))) behind.push_back(frame.name);
  }
  return behind;
}

// Everything is on disk under temporary names before the first file takes its place: a full disk leaves
// the old files as they were.
void write_outputs(const SplitDatasetOptions& options, const std::array<std::vector<std::string>, kPartCount>& rows,
                   const StableLedger* ledger) {
  std::vector<std::unique_ptr<AtomicFile>> files;
  if (ledger != nullptr) {
    // First: snapshots without their ledger could be contradicted by the next split.
    files.push_back(std::make_unique<AtomicFile>(stable_ledger_path(options.csv[0])));
    files.back()->write(ledger->text());
  }
  for (std::size_t part = 0; part < kPartCount; ++part) {
    files.push_back(std::make_unique<AtomicFile>(options.csv[part]));
    files.back()->write(format_snapshot(rows[part]));
  }
  for (const std::unique_ptr<AtomicFile>& file : files) file->commit();
}

}  // namespace

fs::path stable_ledger_path(const fs::path& train_csv) {
  return train_csv.parent_path() / "stable_split.csv";
}

SplitReport split_dataset(const SplitDatasetOptions& options, const ImageExaminer& examiner, ProgressSink& progress,
                          const std::stop_token& stop) {
  check_fractions(options.fractions);
  refuse_same_outputs(options);
  std::optional<StableLedger> ledger;
  if (options.stable) {
    ledger = StableLedger::open(stable_ledger_path(options.csv[0]),
                                {options.fractions, options.seed, options.near_distance});
  }
  SplitReport report;
  std::vector<AnnotatedFrame> frames = usable_frames(options, report);
  if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while reading labels; nothing was written");
  const std::vector<Part> parts = ledger ? assign_stably(options, examiner, progress, stop, *ledger, frames, report)
                                         : assign_exactly(options, frames);
  if (frames.empty()) throw_nothing_usable(options, report);
  std::sort(report.left_out.begin(), report.left_out.end(),
            [](const LeftOutFrame& a, const LeftOutFrame& b) { return a.name < b.name; });
  report.behind_another = frames_behind_another(frames, report.left_out);
  report.counts.fill(std::vector<std::size_t>(options.classes.size(), 0));

  std::array<std::vector<std::string>, kPartCount> rows;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto part = static_cast<std::size_t>(parts[i]);
    rows[part].push_back((options.frames_dir / frames[i].name).lexically_normal().string());
    ++report.counts[part][static_cast<std::size_t>(frames[i].label)];
  }
  write_outputs(options, rows, ledger ? &*ledger : nullptr);
  return report;
}

}  // namespace animalctl
