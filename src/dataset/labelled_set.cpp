#include "animalctl/dataset/labelled_set.h"

#include <sys/stat.h>

#include <fmt/core.h>

#include <optional>
#include <string>
#include <utility>

#include "animalctl/base/result.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/frame_listing.h"
#include "animalctl/dataset/snapshot.h"
#include "dataset/chunks.h"

namespace animalctl {
namespace fs = std::filesystem;
namespace {

bool is_file(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::optional<fs::path> find_frame(const std::string& row, const fs::path& frames_dir) {
  fs::path as_given(row);
  if (is_file(as_given)) return as_given;
  if (as_given.is_absolute()) return std::nullopt;
  for (fs::path candidate : {frames_dir / as_given, frames_dir / as_given.filename()}) {
    if (is_file(candidate)) return candidate;
  }
  return std::nullopt;
}

// Who owns a stem is a matter of all frames there are, not of those in one snapshot.
StemOwners stem_owners(const fs::path& frames_dir) {
  std::error_code ignored;
  return fs::is_directory(frames_dir, ignored) ? StemOwners(list_frames(frames_dir)) : StemOwners();
}

struct RowOutcome {
  fs::path frame;
  std::optional<Result<int>> label;
};

RowOutcome resolve(const std::string& row, const LabelledSetOptions& options, const AnnotationFolder& annotations) {
  std::optional<fs::path> frame = find_frame(row, options.frames_dir);
  if (!frame) {
    return {row, Error(ErrorCode::NotFound,
                       fmt::format("{} is listed in {} and does not exist", row, options.csv.string()))};
  }
  Result<int> label = annotations.read_label(frame->native(), options.classes);
  return {std::move(*frame), std::move(label)};
}

}  // namespace

LabelledSet load_labelled_set(const LabelledSetOptions& options) {
  const std::vector<std::string> rows = read_snapshot(options.csv);
  LabelledSet set;
  set.class_counts.assign(options.classes.size(), 0);
  if (rows.empty()) return set;
  const AnnotationFolder annotations(options.annotations_dir, stem_owners(options.frames_dir));
  std::vector<RowOutcome> outcomes(rows.size());
  parallel_chunks(rows.size(), options.threads,
                  [&](std::size_t i) { outcomes[i] = resolve(rows[i], options, annotations); });
  set.frames.reserve(rows.size());
  for (RowOutcome& outcome : outcomes) {
    if (!outcome.label->ok()) {
      if (options.strict) throw outcome.label->error().with_note("stopped at the first bad row, because of --strict");
      set.skipped.push_back({std::move(outcome.frame), outcome.label->error()});
      continue;
    }
    const int label = outcome.label->value();
    ++set.class_counts[static_cast<std::size_t>(label)];
    set.frames.push_back({std::move(outcome.frame), label});
  }
  return set;
}

}  // namespace animalctl
