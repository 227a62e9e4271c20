#include "train/batch_source.h"

#include <numeric>

#include "support/catch_compat.h"
#include "train/workspace.h"

namespace animalctl::test {
namespace {

LabelledStore load(const Workspace& workspace, const Preparation& preparation) {
  const std::shared_ptr<RecordCache> cache = open_frame_cache("", preparation);
  SilentProgress progress;
  const LabelledStoreOptions options{
      {workspace.path("train.csv"), workspace.frames(), workspace.annotations(), ClassList{"CAT", "DOG"}, false, 1},
      "training",
      1};
  return load_frames(options, preparation, cache, progress, {});
}

std::vector<torch::Tensor> all_inputs(BatchSource& source, int epoch, std::size_t first, std::size_t count) {
  std::vector<std::int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  source.begin_epoch(epoch, order, first);
  std::vector<torch::Tensor> inputs;
  Batch batch;
  while (source.next(batch)) inputs.push_back(batch.input.clone());
  return inputs;
}

}  // namespace

TEST_CASE("every image comes once, the last batch may be smaller, and targets and weights fit the labels") {
  const Workspace workspace = Workspace::drawn(11, 11);
  const Preprocessing preprocessing;
  const LabelledStore store = load(workspace, model_preparation(preprocessing));
  BatchSourceOptions options;
  options.batch_size = 4;
  options.class_weights = {0.5F, 2.0F};
  const PixelSamples samples(store, preprocessing);
  BatchSource source(samples, options);
  source.begin_epoch(0, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, 0);
  Batch batch;
  std::vector<std::int64_t> sizes;
  int label = 10;
  while (source.next(batch)) {
    sizes.push_back(batch.input.size(0));
    for (std::int64_t i = 0; i < batch.targets.size(0); ++i, --label) {
      CHECK(batch.targets[i].item<float>() == static_cast<float>(label % 2));
      CHECK(batch.weights[i].item<float>() == (label % 2 == 1 ? 2.0F : 0.5F));
    }
  }
  CHECK(sizes == std::vector<std::int64_t>{4, 4, 3});
}

TEST_CASE("augmented batches depend on epoch and image only, not on threads or on where the epoch was entered") {
  const Workspace workspace = Workspace::drawn(10, 10);
  const Preprocessing preprocessing;
  const Preparation kept = augmentation_preparation(preprocessing);
  const LabelledStore store = load(workspace, kept);
  BatchSourceOptions options;
  options.batch_size = 3;
  options.threads = 1;
  const AugmentedSamples samples(store, kept, preprocessing, strong_augmentation(), 0);
  BatchSource one(samples, options);
  options.threads = 4;
  BatchSource four(samples, options);
  const auto whole = all_inputs(one, 2, 0, 10);
  const auto parallel = all_inputs(four, 2, 0, 10);
  const auto resumed = all_inputs(four, 2, 2, 10);
  const auto next_epoch = all_inputs(four, 3, 0, 10);
  REQUIRE(whole.size() == 4);
  REQUIRE(resumed.size() == 2);
  for (std::size_t i = 0; i < whole.size(); ++i) CHECK(torch::equal(whole[i], parallel[i]));
  CHECK(torch::equal(whole[2], resumed[0]));
  CHECK_FALSE(torch::equal(whole[0], next_epoch[0]));
}

}  // namespace animalctl::test
