#include "animalctl/dataset/import_dataset.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/image/header.h"
#include "animalctl/image/limits.h"
#include "dataset/bulk_writer.h"
#include "dataset/frame_store.h"
#include "dataset/image_extension.h"
#include "dataset/import_source.h"

namespace animalctl {
namespace {

const char* reason_of(const Error& error) {
  if (error.code() == ErrorCode::NotFound) return skip_reason::kMissing;
  return error.code() == ErrorCode::ResourceExhausted ? skip_reason::kTooLarge : skip_reason::kUnreadable;
}

// True for ".gif" and ".jfif", false for ".12".
bool is_word(std::string_view extension) {
  return std::all_of(extension.begin() + (extension.empty() ? 0 : 1), extension.end(),
                     [](unsigned char character) { return std::isalpha(character) != 0; });
}

// One import: where things are, and the report that grows.
class Import {
 public:
  explicit Import(const ImportOptions& options)
      : options_(options),
        writer_(options.frames_dir, options.annotations_dir),
        store_(options.frames_dir, options.annotations_dir),
        annotations_(options.annotations_dir) {
    report_.class_counts.assign(options.classes.size(), 0);
  }

  void take_over_skipped(std::vector<SkippedSource> skipped) { report_.skipped = std::move(skipped); }

  void import(const SourceImage& image) {
    Bytes bytes;
    try {
      bytes = read_file(image.path, DecodeLimits{}.max_bytes);
    } catch (const Error& error) {
      return skip(image, reason_of(error), error.message());
    }
    if (bytes.empty()) return skip(image, skip_reason::kEmpty, "");
    const Result<ImageHeader> header = parse_image_header(bytes);
    if (!header) {
      const bool unsupported = header.error().code() == ErrorCode::Unimplemented;
      return skip(image, unsupported ? skip_reason::kUnsupported : skip_reason::kNotAnImage, header.error().message());
    }
    const Digest digest = sha256(bytes);
    if (const std::optional<StoredFrame> stored = store_.find(digest, bytes.size()))
      return meet(image, digest, *stored);
    store(image, bytes, digest, header.value().format);
  }

  ImportReport finish() {
    writer_.flush();
    return std::move(report_);
  }

 private:
  void skip(const SourceImage& image, const char* reason, std::string detail) {
    report_.skipped.push_back({image.shown, reason, std::move(detail)});
  }

  // The content is there already.
  void meet(const SourceImage& image, const Digest& digest, const StoredFrame& stored) {
    if (stored.from_this_run) {
      const bool same = stored.label == image.label;
      return skip(image, same ? skip_reason::kDuplicate : skip_reason::kConflict, "of " + stored.name);
    }
    const Result<int> label = annotations_.read_label(stored.name, options_.classes);
    if (label && label.value() == image.label) {
      ++report_.already_imported;
      return skip(image, skip_reason::kAlreadyImported, "as " + stored.name);
    }
    if (label) {
      return skip(image, skip_reason::kOtherLabelThere,
                  fmt::format("{} is {}", stored.name, options_.classes.name(label.value())));
    }
    if (label.error().code() != ErrorCode::NotFound) {
      return skip(image, skip_reason::kGarbledThere, label.error().message());
    }
    annotate(image, digest, stored.name);
  }

  void store(const SourceImage& image, const Bytes& bytes, const Digest& digest, ImageFormat format) {
    const std::string original = image.path.filename().string();
    std::string_view stem = frame_stem(original);
    std::string extension = original.substr(stem.size());
    if (!extension_fits(original, format)) {
      // What follows the last dot of "cat.12" is a number, no extension: it stays.
      if (!is_word(extension)) stem = original;
      extension = fmt::format(".{}", usual_extension(format));
      ++report_.corrected_extensions;
    }
    const std::string name = store_.free_name(stem, extension);
    if (name != original) ++report_.renamed;
    if (options_.link) {
      writer_.link_frame(name, image.path);
      ++report_.linked;
    } else {
      writer_.add_frame(name, bytes);
    }
    annotate(image, digest, name);
  }

  void annotate(const SourceImage& image, const Digest& digest, const std::string& name) {
    store_.add(digest, name, image.label);
    const Annotation annotation{options_.classes.name(image.label), "manual", std::nullopt, std::nullopt};
    writer_.add_annotation(annotation_path({}, name).string(), to_json(annotation));
    ++report_.imported;
    ++report_.class_counts[static_cast<std::size_t>(image.label)];
  }

  const ImportOptions& options_;
  BulkWriter writer_;
  FrameStore store_;
  AnnotationFolder annotations_;
  ImportReport report_;
};

}  // namespace

std::map<std::string, std::size_t> ImportReport::skipped_by_reason() const {
  std::map<std::string, std::size_t> counts;
  for (const SkippedSource& source : skipped) ++counts[source.reason];
  return counts;
}

ImportReport import_dataset(const ImportOptions& options, ProgressSink& progress, const std::stop_token& stop) {
  std::vector<SkippedSource> skipped;
  const std::vector<SourceImage> images = list_source(options, skipped);
  Import import(options);
  import.take_over_skipped(std::move(skipped));
  progress.begin("importing", images.size());
  for (std::size_t i = 0; i < images.size() && !stop.stop_requested(); ++i) {
    import.import(images[i]);
    progress.advance(i + 1);
  }
  progress.end();
  ImportReport report = import.finish();
  if (stop.stop_requested()) {
    throw Error(ErrorCode::Cancelled, fmt::format("stopped after importing {} frames; run the command again to import "
                                                  "the rest",
                                                  report.imported));
  }
  return report;
}

}  // namespace animalctl
