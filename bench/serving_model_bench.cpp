// serving_model_bench MODEL FOLDER [SECONDS]: how many pictures of a folder one process decodes, prepares and runs a
// second, alone and all together, on one thread and on two. This is the limit that `animalctl serve` is compared with:
// the same work without HTTP, queue or second process.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "animalctl/model/serving_model.h"
#include "model/load_serving_model.h"
#include "model/runtime.h"

namespace {

using namespace animalctl;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPictures = 200;
constexpr int kMaxBatch = 16;

std::vector<Bytes> read_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  files.resize(std::min(files.size(), kPictures));
  std::vector<Bytes> pictures;
  for (const auto& file : files) pictures.push_back(read_file(file));
  return pictures;
}

// Calls of work(thread, i) a second, over all threads; one call is `images` images.
double rate(int threads, double seconds, std::size_t images, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> calls{0};
  const Clock::time_point start = Clock::now();
  const Clock::time_point end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        while (Clock::now() < end) work(calls.fetch_add(1));
      });
    }
  }
  const double lasted = std::chrono::duration<double>(Clock::now() - start).count();
  return static_cast<double>(calls.load() * images) / lasted;
}

struct Bench {
  const ServingModel& model;
  const std::vector<Bytes>& pictures;
  double seconds;

  const Bytes& picture(std::size_t i) const { return pictures[i % pictures.size()]; }

  void decode_whole(int threads) const {
    fmt::print("  decode whole        {} thread(s) {:9.0f}/s\n", threads,
               rate(threads, seconds, 1, [&](std::size_t i) { decode_image(picture(i)).value(); }));
  }
  void prepare(int threads) const {
    fmt::print("  decode + preprocess {} thread(s) {:9.0f}/s\n", threads, rate(threads, seconds, 1, [&](std::size_t i) {
                 thread_local std::vector<float> input;
                 input.resize(model.input_size());
                 model.prepare(picture(i), input).value();
               }));
  }
  void forward(int threads, std::size_t batch) const {
    std::vector<float> input(model.input_size());
    model.prepare(picture(0), input).value();
    const std::vector<const float*> inputs(batch, input.data());
    fmt::print("  forward, batch {:2}   {} thread(s) {:9.0f}/s\n", batch, threads,
               rate(threads, seconds, batch, [&](std::size_t) {
                 thread_local std::vector<float> outputs;
                 outputs.resize(batch * model.output_size());
                 model.run(inputs, outputs);
               }));
  }
  void all(int threads, std::size_t batch) const {
    fmt::print("  all, batch {:2}       {} thread(s) {:9.0f}/s\n", batch, threads,
               rate(threads, seconds, batch, [&](std::size_t call) {
                 thread_local std::vector<std::vector<float>> inputs;
                 thread_local std::vector<float> outputs;
                 inputs.resize(batch);
                 outputs.resize(batch * model.output_size());
                 std::vector<const float*> pointers;
                 for (std::size_t i = 0; i < batch; ++i) {
                   inputs[i].resize(model.input_size());
                   model.prepare(picture(call * batch + i), inputs[i]).value();
                   pointers.push_back(inputs[i].data());
                 }
                 model.run(pointers, outputs);
               }));
  }
};

float score(const ServingModel& model, const Bytes& picture) {
  std::vector<float> input(model.input_size());
  std::vector<float> output(model.output_size());
  model.prepare(picture, input).value();
  const float* const pointer = input.data();
  model.run({&pointer, 1}, output);
  return output.front();
}

void compare_scores(const ServingModel& exact, const ServingModel& fast, const std::vector<Bytes>& pictures) {
  double greatest = 0;
  for (const Bytes& picture : pictures) {
    greatest = std::max<double>(greatest, std::abs(score(exact, picture) - score(fast, picture)));
  }
  fmt::print("fast decode changes a score by at most {:.4f} ({} pictures)\n", greatest, pictures.size());
}

void run_bench(const std::string& path, const std::filesystem::path& folder, double seconds) {
  const std::vector<Bytes> pictures = read_pictures(folder);
  std::unique_ptr<ServingModel> exact;
  for (const bool fast : {false, true}) {
    ServingOptions options;
    options.model.model = path;
    options.max_batch = kMaxBatch;
    options.fast_decode = fast;
    const Clock::time_point start = Clock::now();
    auto model = load_serving_model(options);
    fmt::print("{}: {}{}, loaded in {:.2f} s; {} pictures of {}\n", model->info().architecture, model->plan(),
               fast ? ", fast decode" : "", std::chrono::duration<double>(Clock::now() - start).count(),
               pictures.size(), folder.string());
    if (fast) compare_scores(*exact, *model, pictures);
    const Bench bench{*model, pictures, seconds};
    for (const int threads : {1, 2}) {
      bench.decode_whole(threads);
      bench.prepare(threads);
      for (const std::size_t batch : {1U, 4U, 8U, 16U}) {
        if (!fast) bench.forward(threads, batch);
        bench.all(threads, batch);
      }
    }
    if (!fast) exact = std::move(model);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: serving_model_bench MODEL FOLDER [SECONDS a figure]\n");
    return 2;
  }
  try {
    configure_image_library();
    configure_torch();
    run_bench(argv[1], argv[2], argc > 3 ? std::atof(argv[3]) : 1);
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
