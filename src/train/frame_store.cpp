#include "train/frame_store.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/parallel.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/transform.h"

namespace animalctl {
namespace {

StoreEntry prepare_frame(const std::filesystem::path& frame, const Preparation& preparation, RecordCache& cache) {
  StoreEntry entry;
  try {
    const Bytes bytes = read_file(frame, DecodeLimits{}.max_bytes);
    entry.digest = sha256(bytes);
    entry.record = cache.find(entry.digest);
    if (entry.record != nullptr) return entry;
    const Result<ImageU8> image = decode_image(bytes);
    entry.record = cache.add(entry.digest, preparation.apply(image.value()));
    entry.made = true;
  } catch (const Error& error) {
    entry.failure = error.with_note(fmt::format("in {}", frame.string()));
  }
  return entry;
}

// The seed's 16 pixels leave nothing to rotate or shift, so small models keep at least 64.
int side_to_keep(int side) {
  return std::max({side, std::min(256, side + side / 3), 64});
}

}  // namespace

Preparation model_preparation(const Preprocessing& preprocessing) {
  return {preprocessing.preparation_name(), preprocessing.width, preprocessing.height, preprocessing.channels,
          [preprocessing](const ImageU8& image) { return prepare(image, preprocessing); }};
}

Preparation augmentation_preparation(const Preprocessing& preprocessing) {
  Preprocessing kept = preprocessing;
  kept.width = side_to_keep(preprocessing.width);
  kept.height = side_to_keep(preprocessing.height);
  kept.channels = 3;
  kept.centre_share = 1;
  return model_preparation(kept);
}

std::shared_ptr<RecordCache> open_frame_cache(const std::filesystem::path& folder, const Preparation& preparation) {
  const std::filesystem::path file = folder.empty() ? folder : folder / "prepared" / (preparation.name + ".cache");
  return std::make_shared<RecordCache>(file, preparation.name, preparation.size());
}

LabelledStore load_frames(const LabelledStoreOptions& options, const Preparation& preparation,
                          std::shared_ptr<RecordCache> cache, ProgressSink& progress, const std::stop_token& stop) {
  const LabelledSet set = load_labelled_set(options.labels);
  const int threads = options.threads > 0 ? options.threads : available_cores();
  std::vector<StoreEntry> entries(set.frames.size());
  progress.begin(fmt::format("reading {} images", options.name), set.frames.size());
  const auto work = [&](std::size_t i) { entries[i] = prepare_frame(set.frames[i].frame, preparation, *cache); };
  parallel_for(
      set.frames.size(), threads, work, [&](std::size_t done) { progress.advance(done); }, stop);
  progress.end();
  if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while reading images; nothing was changed");
  return assemble_store(set, std::move(entries), options, std::move(cache));
}

}  // namespace animalctl
