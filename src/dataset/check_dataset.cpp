#include "animalctl/dataset/check_dataset.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/dataset/annotated_frames.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/annotation_names.h"
#include "animalctl/dataset/frame_listing.h"
#include "dataset/check_cache.h"
#include "dataset/duplicate_check.h"
#include "dataset/frame_check.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

bool is_hidden(const std::string& name) {
  return name.starts_with('.');
}

// What the annotations say of the frames; frames and counts go to the report.
void check_labels(const std::vector<AnnotatedFrame>& frames, CheckReport& report) {
  for (const AnnotatedFrame& frame : frames) {
    switch (frame.state) {
      case LabelState::Labelled:
        ++report.labelled;
        ++report.class_counts[static_cast<std::size_t>(frame.label)];
        break;
      case LabelState::NoAnnotation:
        report.findings.push_back({FindingKind::Unlabelled, {frame.name}, {}, ""});
        break;
      case LabelState::Garbled:
        report.findings.push_back({FindingKind::GarbledAnnotation, {frame.annotation}, {}, frame.problem->message()});
        break;
      case LabelState::UnknownLabel:
        report.findings.push_back({FindingKind::UnknownLabel, {frame.annotation}, {}, frame.problem->message()});
        break;
    }
  }
}

// Frames of one stem whose plain annotation may have been meant for any of them: it is there, and one of them has no
// qualified one.
bool is_shared(const std::vector<std::string>& names, const std::unordered_set<std::string>& annotations) {
  if (names.size() < 2 || !annotations.contains(plain_annotation_name(names.front()))) return false;
  const auto without = std::count_if(names.begin(), names.end(), [&](const std::string& name) {
    return !annotations.contains(qualified_annotation_name(name));
  });
  return without > 1;
}

// Names only: annotations that two frames share or none has, and what lies about in the frames folder.
void check_names(const CheckOptions& options, const std::vector<AnnotatedFrame>& frames, CheckReport& report) {
  std::unordered_map<std::string, std::vector<std::string>> frames_of_stem;
  for (const AnnotatedFrame& frame : frames) {
    frames_of_stem[std::string(frame_stem(frame.name))].push_back(frame.name);
  }
  for (const FolderEntry& entry : list_folder(options.frames_dir)) {
    if (is_hidden(entry.name)) continue;
    if (entry.kind == EntryKind::BrokenLink) {
      report.findings.push_back({FindingKind::Unreadable, {entry.name}, {}, "a link whose target is gone"});
      frames_of_stem[std::string(frame_stem(entry.name))].push_back(entry.name);
    } else if (entry.kind != EntryKind::File || !is_frame_name(entry.name)) {
      const std::string what = entry.kind == EntryKind::Folder ? "a folder" : "not a jpg, jpeg, png, webp or bmp file";
      report.findings.push_back({FindingKind::IgnoredFile, {entry.name}, {}, what});
    }
  }
  std::unordered_set<std::string> qualified;
  for (const AnnotatedFrame& frame : frames) qualified.insert(qualified_annotation_name(frame.name));
  std::unordered_set<std::string> annotations;
  for (FolderEntry& entry : list_folder(options.annotations_dir)) {
    if (is_hidden(entry.name) || entry.kind == EntryKind::Folder || !entry.name.ends_with(".json")) continue;
    annotations.insert(entry.name);
    if (frames_of_stem.contains(std::string(frame_stem(entry.name))) || qualified.contains(entry.name)) continue;
    report.findings.push_back({FindingKind::OrphanAnnotation, {entry.name}, {}, ""});
  }
  for (const auto& [stem, names] : frames_of_stem) {
    if (is_shared(names, annotations)) {
      report.findings.push_back({FindingKind::SharedAnnotation, names, {}, stem + ".json"});
    }
  }
}

struct Contents {
  std::vector<FrameCheck> checks;                // of each frame
  std::vector<std::optional<FileStamp>> stamps;  // nothing: not to be kept
  std::size_t read = 0;
};

// Of frames that are as they were, what was found then.
Contents read_contents(const CheckOptions& options, const ImageExaminer& examiner, ProgressSink& progress,
                       const std::stop_token& stop, const std::vector<AnnotatedFrame>& frames,
                       const CheckCache& cache) {
  Contents contents{std::vector<FrameCheck>(frames.size()), std::vector<std::optional<FileStamp>>(frames.size())};
  const std::int64_t now_ns = std::chrono::nanoseconds(options.now.time_since_epoch()).count();
  std::atomic<std::size_t> read = 0;
  progress.begin("checking frames", frames.size());
  parallel_for(
      frames.size(), options.threads > 0 ? options.threads : available_cores(),
      [&](std::size_t i) {
        const std::string& name = frames[i].name;
        contents.stamps[i] = stamp_of(options.frames_dir / name, now_ns);
        const FrameCheck* const known = contents.stamps[i] ? cache.find(name, *contents.stamps[i]) : nullptr;
        if (known == nullptr) ++read;
        contents.checks[i] = known != nullptr ? *known : check_frame(options.frames_dir, name, examiner);
      },
      [&](std::size_t done) { progress.advance(done); }, stop);
  progress.end();
  if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while checking frames");
  contents.read = read;
  return contents;
}

std::vector<CheckedFrame> frames_to_keep(const std::vector<AnnotatedFrame>& frames, const Contents& contents) {
  std::vector<CheckedFrame> kept;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!contents.stamps[i] || !contents.checks[i].decoded) continue;
    kept.push_back({frames[i].name, *contents.stamps[i], contents.checks[i]});
  }
  return kept;
}

void check_contents(const CheckOptions& options, const ImageExaminer& examiner, ProgressSink& progress,
                    const std::stop_token& stop, std::vector<AnnotatedFrame>& frames, CheckReport& report) {
  CheckCache cache(options.cache_file);
  Contents contents = read_contents(options, examiner, progress, stop, frames, cache);
  if (!options.cache_file.empty()) cache.replace(frames_to_keep(frames, contents));
  report.read = contents.read;
  std::vector<FrameCheck>& checks = contents.checks;
  std::vector<ExaminedFrame> examined;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::move(checks[i].findings.begin(), checks[i].findings.end(), std::back_inserter(report.findings));
    if (!checks[i].decoded) continue;
    examined.push_back({std::move(frames[i].name), frames[i].label, checks[i].digest, checks[i].perceptual_hash});
  }
  std::vector<Finding> duplicates = find_duplicates(examined, options.classes, options.near_distance);
  std::move(duplicates.begin(), duplicates.end(), std::back_inserter(report.findings));
}

}  // namespace

CheckReport check_dataset(const CheckOptions& options, const ImageExaminer& examiner, ProgressSink& progress,
                          const std::stop_token& stop) {
  constexpr int kMaxNearDistance = 15;
  if (options.near_distance < 0 || options.near_distance > kMaxNearDistance) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the distance of near-duplicates is {}; it must be a whole number from 0 to {}",
                            options.near_distance, kMaxNearDistance));
  }
  std::vector<AnnotatedFrame> frames =
      scan_annotated_frames(options.frames_dir, options.annotations_dir, options.classes, options.threads);
  CheckReport report;
  report.frames = frames.size();
  report.class_counts.assign(options.classes.size(), 0);
  check_labels(frames, report);
  check_names(options, frames, report);
  check_contents(options, examiner, progress, stop, frames, report);
  std::stable_sort(report.findings.begin(), report.findings.end(), [](const Finding& a, const Finding& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.files < b.files;
  });
  return report;
}

}  // namespace animalctl
