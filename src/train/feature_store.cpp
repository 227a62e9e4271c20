#include "train/feature_store.h"

#include <fmt/core.h>

#include <mutex>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/base/parallel.h"
#include "animalctl/image/decode.h"

namespace animalctl {
namespace {

// One view of one image that the cache does not have. View 0 is the image as it is.
struct Missing {
  std::size_t image;
  int view;
};

Digest key_of(const Digest& image, int view, const ViewOptions& views) {
  return view == 0 ? image : sha256(fmt::format("{}/{}/{}/{}", image.hex(), views.name, views.seed, view));
}

// The features of one labelled set on their way from the cache and the backbone into a FeatureSet.
class FeatureLoading {
 public:
  FeatureLoading(const LabelledStoreOptions& options, FeatureExtractor& extractor, RecordCache& cache,
                 const ViewOptions& views)
      : options_(options),
        extractor_(extractor),
        cache_(cache),
        views_(views),
        threads_(options.threads > 0 ? options.threads : available_cores()),
        set_(load_labelled_set(options.labels)),
        entries_(set_.frames.size()),
        records_(static_cast<std::size_t>(views.count) + 1,
                 std::vector<const std::uint8_t*>(set_.frames.size(), nullptr)) {}

  // Reads and looks up every image.
  void look_up(const std::stop_token& stop) {
    const auto work = [&](std::size_t i) {
      try {
        entries_[i].digest = sha256(read_file(set_.frames[i].frame, DecodeLimits{}.max_bytes));
        for (int view = 0; view <= views_.count; ++view) {
          records_[static_cast<std::size_t>(view)][i] = cache_.find(key_of(entries_[i].digest, view, views_));
        }
      } catch (const Error& error) {
        fail(i, error);
      }
    };
    parallel_for(set_.frames.size(), threads_, work, {}, stop);
    for (std::size_t i = 0; i < set_.frames.size(); ++i) {
      for (int view = 0; view <= views_.count && !entries_[i].failure; ++view) {
        if (records_[static_cast<std::size_t>(view)][i] == nullptr) missing_.push_back({i, view});
      }
    }
  }

  void compute(ProgressSink& progress, const std::stop_token& stop) {
    if (missing_.empty()) return;
    progress.begin(
        fmt::format("{} features, {} of {} new", options_.name, missing_.size(), set_.frames.size() * records_.size()),
        missing_.size());
    const std::size_t batch = extractor_.batch_size();
    const std::size_t batches = (missing_.size() + batch - 1) / batch;
    const auto work = [&](std::size_t i) {
      const std::size_t begin = i * batch;
      compute_batch(std::span(missing_).subspan(begin, std::min(batch, missing_.size() - begin)));
    };
    parallel_for(
        batches, threads_, work, [&](std::size_t done) { progress.advance(std::min(done * batch, missing_.size())); },
        stop);
    progress.end();
  }

  FeatureSet finish(std::shared_ptr<RecordCache> cache) {
    FeatureSet result;
    result.feature_size = extractor_.feature_size();
    for (const Missing& item : missing_) result.computed += entries_[item.image].failure ? 0 : 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].record = records_.front()[i];
    for (std::size_t view = 1; view < records_.size(); ++view) {
      std::vector<const std::uint8_t*> usable;
      for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!entries_[i].failure) usable.push_back(records_[view][i]);
      }
      result.views.push_back(std::move(usable));
    }
    result.store = assemble_store(set_, std::move(entries_), options_, std::move(cache));
    return result;
  }

 private:
  void fail(std::size_t image, const Error& error) {
    const std::lock_guard lock(mutex_);
    entries_[image].failure = error.with_note(fmt::format("in {}", set_.frames[image].frame.string()));
  }

  ImageU8 view_of(const ImageU8& image, const Missing& item) const {
    if (item.view == 0) return image;
    RandomStream random(views_.seed, "view", static_cast<std::uint64_t>(item.view),
                        entries_[item.image].digest.prefix());
    return augment(image, views_.range, random);
  }

  void compute_batch(std::span<const Missing> items) {
    at::set_num_threads(1);  // a core a batch: nothing to wait for
    std::vector<ImageU8> images;
    std::vector<Missing> usable;
    ImageU8 decoded;
    std::optional<std::size_t> decoded_index;
    for (const Missing& item : items) {
      try {
        if (decoded_index != item.image) {
          const Bytes bytes = read_file(set_.frames[item.image].frame, DecodeLimits{}.max_bytes);
          decoded = decode_image(bytes).value();
          decoded_index = item.image;
        }
        images.push_back(view_of(decoded, item));
        usable.push_back(item);
      } catch (const Error& error) {
        fail(item.image, error);
      }
    }
    if (images.empty()) return;
    const std::vector<std::uint16_t> features = extractor_.extract(images);
    const std::size_t size = extractor_.feature_size();
    for (std::size_t i = 0; i < usable.size(); ++i) {
      const auto* const row = reinterpret_cast<const std::uint8_t*>(features.data() + i * size);
      const auto view = static_cast<std::size_t>(usable[i].view);
      const Digest key = key_of(entries_[usable[i].image].digest, usable[i].view, views_);
      records_[view][usable[i].image] = cache_.add(key, {row, size * sizeof(std::uint16_t)});
    }
  }

  const LabelledStoreOptions& options_;
  FeatureExtractor& extractor_;
  RecordCache& cache_;
  const ViewOptions& views_;
  const int threads_;
  const LabelledSet set_;
  std::vector<StoreEntry> entries_;
  std::vector<std::vector<const std::uint8_t*>> records_;  // [view][image]
  std::vector<Missing> missing_;
  std::mutex mutex_;  // of failures: two batches may share an image
};

}  // namespace

std::shared_ptr<RecordCache> open_feature_cache(const std::filesystem::path& folder,
                                                const FeatureExtractor& extractor) {
  const std::filesystem::path file = folder.empty() ? folder : folder / "features" / (extractor.name() + ".cache");
  return std::make_shared<RecordCache>(file, extractor.name(), extractor.feature_size() * sizeof(std::uint16_t));
}

FeatureSet load_features(const LabelledStoreOptions& options, FeatureExtractor& extractor,
                         std::shared_ptr<RecordCache> cache, const ViewOptions& views, ProgressSink& progress,
                         const std::stop_token& stop) {
  FeatureLoading loading(options, extractor, *cache, views);
  loading.look_up(stop);
  loading.compute(progress, stop);
  if (stop.stop_requested()) {
    throw Error(ErrorCode::Cancelled, "stopped while computing features; those that were ready are kept");
  }
  return loading.finish(std::move(cache));
}

void FeatureSamples::read(std::size_t index, int epoch, std::span<float> out) const {
  const std::uint8_t* record = set_.store.records[index];
  if (!set_.views.empty()) {
    RandomStream random(seed_, "choose view", static_cast<std::uint64_t>(epoch), index);
    const std::uint64_t view = random.below(set_.views.size() + 1);
    if (view > 0) record = set_.views[view - 1][index];
  }
  const auto* const halves = reinterpret_cast<const c10::Half*>(record);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(halves[i]);
}

}  // namespace animalctl
