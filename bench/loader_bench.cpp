// loader_bench SNAPSHOT_CSV ANNOTATIONS_DIR [ROUNDS]
//
// How much of a bare loop's speed the loader keeps, and what a second thread brings. The bare loop is what anyone would
// write: for each frame cv::imread, cv::resize to 16 x 16 (INTER_AREA), grey; no labels, no digests, no errors. The
// loader is load_frames() without a cache: labels, digest, header checks, decoding with limits, resize, grey. Both take
// turns in one process; medians over the rounds are printed, one JSON line.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/image/decode.h"
#include "train/frame_store.h"

namespace {

using namespace animalctl;

template <typename Action>
double images_per_second(std::size_t images, Action&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return static_cast<double>(images) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void bare_loop(const std::vector<LabelledFrame>& frames) {
  cv::Mat small;
  cv::Mat grey;
  for (const LabelledFrame& frame : frames) {
    const cv::Mat image = cv::imread(frame.frame.string());
    cv::resize(image, small, {16, 16}, 0, 0, cv::INTER_AREA);
    cv::cvtColor(small, grey, cv::COLOR_BGR2GRAY);
  }
}

void loader(LabelledSetOptions labels, int threads) {
  labels.threads = threads;
  const Preparation preparation = model_preparation(Preprocessing{});
  const std::shared_ptr<RecordCache> cache = open_frame_cache("", preparation);
  SilentProgress progress;
  (void)load_frames({labels, "bench", threads}, preparation, cache, progress, {});
}

int run(const std::filesystem::path& csv, const std::filesystem::path& annotations, int rounds) {
  configure_image_library();
  const LabelledSetOptions labels{csv, "", annotations, ClassList{"CAT", "DOG"}, false, 1};
  const std::vector<LabelledFrame> frames = load_labelled_set(labels).frames;
  bare_loop(frames);  // warms the page cache
  std::vector<double> bare;
  std::vector<double> one;
  std::vector<double> two;
  for (int i = 0; i < rounds; ++i) {
    bare.push_back(images_per_second(frames.size(), [&] { bare_loop(frames); }));
    one.push_back(images_per_second(frames.size(), [&] { loader(labels, 1); }));
    two.push_back(images_per_second(frames.size(), [&] { loader(labels, 2); }));
  }
  fmt::print(
      "{{\"images\": {}, \"bare_loop\": {:.0f}, \"loader_1_thread\": {:.0f}, \"loader_2_threads\": {:.0f}, "
      "\"share_of_bare\": {:.2f}, \"two_over_one\": {:.2f}}}\n",
      frames.size(), median(bare), median(one), median(two), median(one) / median(bare), median(two) / median(one));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: loader_bench SNAPSHOT_CSV ANNOTATIONS_DIR [ROUNDS]\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2], argc > 3 ? std::max(1, std::atoi(argv[3])) : 5);
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 3;
  }
}
