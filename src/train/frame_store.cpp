#include "train/frame_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/parallel.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/transform.h"

namespace animalctl {
namespace {

constexpr std::size_t kNamedFailures = 10;

// What became of one frame; written by one worker, read after all have joined.
struct Prepared {
  const std::uint8_t* pixels = nullptr;
  Digest digest;
  bool decoded = false;
  std::optional<Error> failure;
};

Prepared prepare_frame(const std::filesystem::path& frame, const Preparation& preparation, PreparedCache& cache) {
  Prepared result;
  try {
    const Bytes bytes = read_file(frame, DecodeLimits{}.max_bytes);
    result.digest = sha256(bytes);
    result.pixels = cache.find(result.digest);
    if (result.pixels != nullptr) return result;
    const Result<ImageU8> image = decode_image(bytes);
    result.pixels = cache.add(result.digest, preparation.apply(image.value()));
    result.decoded = true;
  } catch (const Error& error) {
    result.failure = error.with_note(fmt::format("in {}", frame.string()));
  }
  return result;
}

// Names the first few and counts the rest, so that a million bad files do not fill the terminal.
class FailureLog {
 public:
  void add(const std::filesystem::path& frame, const Error& reason) {
    if (++count_ <= kNamedFailures) {
      log::warning("skipped", {{"frame", frame.string()}, {"reason", reason.message()}});
    }
  }
  ~FailureLog() {
    if (count_ > kNamedFailures) log::warning(fmt::format("skipped {} more frames", count_ - kNamedFailures));
  }

 private:
  std::size_t count_ = 0;
};

[[noreturn]] void refuse_empty(const FrameStoreOptions& options, std::size_t skipped) {
  throw Error(ErrorCode::FailedPrecondition,
              skipped == 0
                  ? fmt::format("the {} set {} has no rows; split again with a larger fraction or more images",
                                options.name, options.labels.csv.string())
                  : fmt::format("none of the {} frames of the {} set {} can be used; `animalctl dataset-check` "
                                "says what is wrong with them",
                                skipped, options.name, options.labels.csv.string()));
}

}  // namespace

Preparation model_preparation(const Preprocessing& preprocessing) {
  return {preprocessing.preparation_name(), preprocessing.width, preprocessing.height, preprocessing.channels,
          [preprocessing](const ImageU8& image) { return prepare(image, preprocessing); }};
}

Preparation augmentation_preparation(const Preprocessing& preprocessing) {
  const int width = std::clamp(4 * preprocessing.width, 64, 256);
  const int height = std::clamp(4 * preprocessing.height, 64, 256);
  return {fmt::format("area-{}x{}-rgb-v1", width, height), width, height, 3,
          [width, height](const ImageU8& image) { return resize_area(image, width, height).pixels; }};
}

FrameStore load_frames(const FrameStoreOptions& options, const Preparation& preparation,
                       std::shared_ptr<PreparedCache> cache, ProgressSink& progress, const std::stop_token& stop) {
  const LabelledSet set = load_labelled_set(options.labels);
  const int threads = options.threads > 0 ? options.threads : available_cores();
  std::vector<Prepared> prepared(set.frames.size());

  progress.begin(fmt::format("reading {} images", options.name), set.frames.size());
  const auto work = [&](std::size_t i) { prepared[i] = prepare_frame(set.frames[i].frame, preparation, *cache); };
  parallel_for(
      set.frames.size(), threads, work, [&](std::size_t done) { progress.advance(done); }, stop);
  progress.end();
  cache->flush();
  if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while reading images; nothing was changed");

  FrameStore store;
  store.cache = std::move(cache);
  FailureLog failures;
  for (const SkippedFrame& frame : set.skipped) failures.add(frame.frame, frame.reason);
  store.skipped = set.skipped.size();
  Sha256 digest;
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    const LabelledFrame& frame = set.frames[i];
    if (prepared[i].failure) {
      if (options.labels.strict) throw *prepared[i].failure;
      failures.add(frame.frame, *prepared[i].failure);
      ++store.skipped;
      continue;
    }
    store.frames.push_back(frame.frame);
    store.labels.push_back(frame.label);
    store.pixels.push_back(prepared[i].pixels);
    store.decoded += prepared[i].decoded ? 1 : 0;
    digest.update(std::as_bytes(std::span(prepared[i].digest.bytes)));
    digest.update(fmt::format("{}\n", frame.label));
  }
  store.digest = digest.finish();
  if (store.frames.empty()) refuse_empty(options, store.skipped);
  return store;
}

}  // namespace animalctl
