// batching_bench MODEL FOLDER [SECONDS] [BATCH]: what the queue costs and what batches bring, without HTTP. Threads ask
// one ModelVersion for predictions of a folder's pictures, each as soon as its last one is answered; batches of one and
// of BATCH take turns at every number of threads. First, one thread is compared with the same work in a bare loop.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/base/parallel.h"
#include "animalctl/image/decode.h"
#include "model/load_serving_model.h"
#include "model/runtime.h"
#include "serve/model_version.h"

namespace {

using namespace animalctl;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kPictures = 200;
constexpr int kRounds = 3;

std::vector<Bytes> read_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  files.resize(std::min(files.size(), kPictures));
  std::vector<Bytes> pictures;
  for (const auto& file : files) pictures.push_back(read_file(file));
  return pictures;
}

std::unique_ptr<ServingModel> load(const std::string& path, int max_batch) {
  ServingOptions options;
  options.model.model = path;
  options.max_batch = max_batch;
  return load_serving_model(options);
}

std::unique_ptr<serve::ModelVersion> make_version(std::unique_ptr<ServingModel> model, int batch_size) {
  serve::VersionSettings settings;
  settings.batch_size = batch_size;
  serve::VersionFacts facts;
  facts.model = "bench";
  auto version = std::make_unique<serve::ModelVersion>(facts, std::move(model), settings, nlohmann::ordered_json());
  const int cores = available_cores();
  version->scale(cores, cores);
  return version;
}

struct Load {
  double rate = 0;        // answers a second
  double mean_batch = 0;  // images run together
};

Load closed_loop(serve::ModelVersion& version, const std::vector<Bytes>& pictures, int threads, double seconds) {
  std::atomic<std::size_t> answers{0};
  std::atomic<std::size_t> batches{0};
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  {
    std::vector<std::jthread> clients;
    for (int t = 0; t < threads; ++t) {
      clients.emplace_back([&, t] {
        for (std::size_t i = static_cast<std::size_t>(t) * 17; Clock::now() < end; ++i) {
          batches += static_cast<std::size_t>(version.predict(pictures[i % pictures.size()], {}).batch);
          ++answers;
        }
      });
    }
  }
  const double lasted = Seconds(Clock::now() - begin).count();
  return {static_cast<double>(answers) / lasted, static_cast<double>(batches) / static_cast<double>(answers)};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Medians of one picture's latency, in a bare loop and through the version, taken in turns.
void compare_latency(serve::ModelVersion& version, const std::vector<Bytes>& pictures, double seconds) {
  const ServingModel& model = version.model();
  std::vector<float> input(model.input_size());
  std::vector<float> output(model.output_size());
  const float* const pointer = input.data();
  std::vector<double> bare;
  std::vector<double> queued;
  const Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(4 * seconds));
  for (std::size_t i = 0; Clock::now() < end; ++i) {
    const Bytes& picture = pictures[i % pictures.size()];
    const Clock::time_point first = Clock::now();
    model.prepare(picture, input).value();
    model.run({&pointer, 1}, output);
    const Clock::time_point second = Clock::now();
    version.predict(picture, {});
    bare.push_back(Seconds(second - first).count());
    queued.push_back(Seconds(Clock::now() - second).count());
  }
  const double bare_median = median(bare);
  const double queued_median = median(queued);
  fmt::print("one at a time: {:.1f} us in a bare loop, {:.1f} us through the queue, {:+.1f} us\n", 1e6 * bare_median,
             1e6 * queued_median, 1e6 * (queued_median - bare_median));
}

void run_bench(const std::string& path, const std::filesystem::path& folder, double seconds, int batch) {
  const std::vector<Bytes> pictures = read_pictures(folder);
  auto loaded = load(path, batch);
  fmt::print("{}: {}; {} workers\n", path, loaded->plan(), available_cores());
  const auto alone = make_version(load(path, batch), 1);
  const auto together = make_version(std::move(loaded), batch);
  compare_latency(*alone, pictures, seconds);
  for (const int threads : {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}) {
    std::vector<double> off;
    std::vector<double> on;
    double mean_batch = 0;
    for (int round = 0; round < kRounds; ++round) {
      off.push_back(closed_loop(*alone, pictures, threads, seconds).rate);
      const Load load = closed_loop(*together, pictures, threads, seconds);
      on.push_back(load.rate);
      mean_batch = load.mean_batch;
    }
    fmt::print("{:2} threads: batch 1 {:8.0f}/s, batch {} {:8.0f}/s (mean {:.1f}), {:.2f} x\n", threads, median(off),
               batch, median(on), mean_batch, median(on) / median(off));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: batching_bench MODEL FOLDER [SECONDS a figure] [BATCH]\n");
    return 2;
  }
  try {
    configure_image_library();
    configure_torch();
    run_bench(argv[1], argv[2], argc > 3 ? std::atof(argv[3]) : 1, argc > 4 ? std::atoi(argv[4]) : 8);
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
