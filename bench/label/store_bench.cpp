// store_bench FRAMES [FOLDER]: how fast the labeller's store is. Makes FRAMES small files and annotations for half of
// them in a new folder below FOLDER (default: the temporary folder), and removes it at the end. Prints one line a
// figure.
#include <fmt/core.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/label/label_store.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The line of /proc/self/status in MB.
double memory_mb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1)) / 1024;
  }
  return 0;
}

std::string frame_name(std::size_t i) {
  return fmt::format("{}.{:07}.jpg", i % 2 == 0 ? "cat" : "dog", i);
}

void make_folders(const LabelStoreOptions& options, std::size_t frames) {
  create_folders(options.frames_dir);
  create_folders(options.annotations_dir);
  for (std::size_t i = 0; i < frames; ++i) {
    const std::string name = frame_name(i);
    std::ofstream(options.frames_dir / name) << "image " << i;
    if (i % 2 == 1) continue;
    std::ofstream(options.annotations_dir / (name.substr(0, name.size() - 4) + ".json"))
        << fmt::format(R"({{"label": "{}", "source": "manual", "score": {:.4f}, "version": 1}})",
                       i % 6 == 0 ? "DOG" : "CAT", static_cast<double>(i % 1000) / 1000);
  }
}

void tell_predictions(LabelStore& store, std::size_t frames) {
  std::mt19937_64 random(1);
  std::vector<std::pair<std::string, Prediction>> predictions;
  std::vector<std::pair<std::string, double>> values;
  for (std::size_t i = 0; i < frames; ++i) {
    const double score = static_cast<double>(random() >> 11) * 0x1p-53;
    predictions.emplace_back(frame_name(i), Prediction{score > 0.5 ? "DOG" : "CAT", score, static_cast<int>(i % 3)});
    values.emplace_back(frame_name(i), score);
  }
  fmt::print("remember {} predictions: {:.3f} s\n", frames,
             seconds_of([&] { store.remember_predictions(predictions); }));
  store.set_drift(values);
  store.set_suspicion(values);
}

// Of this thread: what other programs on the machine do is not in it.
double cpu_seconds_of(const std::function<void()>& work) {
  const auto now = [] {
    struct timespec time {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

// The median and the worst of some pages, in milliseconds of CPU time; every second page is not the first.
void time_page(const LabelStore& store, const std::string& what, ItemQuery query) {
  std::vector<double> times;
  std::size_t total = 0;
  for (int i = 0; i < 10; ++i) {
    ItemPage page;
    times.push_back(1000 * cpu_seconds_of([&] { page = store.page(query); }));
    total = page.total;
    query.cursor = i % 2 == 0 ? page.next : std::string();
  }
  std::sort(times.begin(), times.end());
  fmt::print("page, {}: p50 {:.2f} ms, worst {:.2f} ms ({} items)\n", what, times[times.size() / 2], times.back(),
             total);
}

void time_pages(const LabelStore& store) {
  const std::vector<std::pair<const char*, ItemOrder>> orders = {
      {"name", ItemOrder::Name},           {"newest", ItemOrder::Newest},   {"uncertain", ItemOrder::Uncertain},
      {"confident", ItemOrder::Confident}, {"drifted", ItemOrder::Drifted}, {"suspect", ItemOrder::Suspect},
      {"random", ItemOrder::Random}};
  for (const auto& [name, order] : orders) {
    ItemQuery query;
    query.order = order;
    query.seed = 7;
    time_page(store, fmt::format("sort {}", name), query);
  }
  ItemQuery query;
  query.order = ItemOrder::Uncertain;
  query.filter.states = {ItemState::Unlabelled};
  time_page(store, "unlabelled, uncertain first", query);
  query.filter = {};
  query.filter.labels = {"dog"};
  time_page(store, "label dog, uncertain first", query);
  query.filter = {};
  query.filter.disagree = true;
  time_page(store, "disagree, uncertain first", query);
  query.filter = {};
  query.filter.lowest_score = 0.4;
  query.filter.highest_score = 0.6;
  query.filter.version = 2;
  time_page(store, "version 2, score 0.4..0.6, uncertain first", query);
  query = {};
  query.filter.name_part = "DOG.00123";
  time_page(store, "name has dog.00123", query);
  query.filter.name_part = "no such name";
  time_page(store, "name has no such name", query);
}

void time_saves(LabelStore& store, std::size_t frames, int threads, int saves) {
  std::vector<std::jthread> savers;
  const double seconds = seconds_of([&] {
    for (int t = 0; t < threads; ++t) {
      savers.emplace_back([&, t] {
        for (int i = 0; i < saves; ++i) {
          Change change;
          change.name = frame_name(static_cast<std::size_t>(i * threads + t) % frames);
          change.label = i % 2 == 0 ? "CAT" : "DOG";
          change.annotator = fmt::format("person {}", t);
          change.key = fmt::format("bench-{}-{}-{}", threads, t, i);
          if (store.submit({change}).get().front().status != ChangeStatus::Done) std::abort();
        }
      });
    }
    savers.clear();
  });
  fmt::print("saves, {} threads: {:.0f} a second\n", threads, threads * saves / seconds);
}

void measure(std::size_t frames, const fs::path& folder) {
  LabelStoreOptions options;
  options.frames_dir = folder / "frames";
  options.annotations_dir = folder / "annotations";
  options.trash_dir = folder / "trash";
  options.database = "sqlite:" + (folder / "lake.db").string();
  options.index_file = folder / "label-index.bin";
  make_folders(options, frames);
  std::unique_ptr<LabelStore> store;
  const double idle = memory_mb("VmRSS");
  fmt::print("build {} frames: {:.3f} s\n", frames, seconds_of([&] { store = LabelStore::open(options); }));
  fmt::print("memory after the build: {:.0f} MB more, peak {:.0f} MB\n", memory_mb("VmRSS") - idle, memory_mb("VmHWM"));
  tell_predictions(*store, frames);
  time_pages(*store);
  std::size_t names = 0;
  fmt::print("unlabelled names: {:.2f} ms\n", 1000 * seconds_of([&] { names = store->unlabelled_names().size(); }));
  for (const int threads : {1, 16}) time_saves(*store, frames, threads, 3200 / threads);
  fmt::print("memory: {:.0f} MB, peak {:.0f} MB\n", memory_mb("VmRSS"), memory_mb("VmHWM"));
  fmt::print("close: {:.3f} s\n", seconds_of([&] { store.reset(); }));
  ItemPage page;
  double opened = 0;
  const double restarted = seconds_of([&] {
    opened = seconds_of([&] { store = LabelStore::open(options); });
    page = store->page({});
  });
  fmt::print("restart to the first page: {:.3f} s, of it {:.3f} s to open\n", restarted, opened);
  fmt::print("memory after the restart: {:.0f} MB, peak {:.0f} MB ({} unlabelled of {})\n", memory_mb("VmRSS"),
             memory_mb("VmHWM"), names, page.total);
}

int run(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: store_bench FRAMES [FOLDER]\n");
    return 2;
  }
  const fs::path parent = argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path();
  const fs::path folder = parent / fmt::format("store-bench-{}", ::getpid());
  try {
    measure(std::stoul(argv[1]), folder);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    fs::remove_all(folder);
    return 1;
  }
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace animalctl::label

int main(int argc, char** argv) {
  return animalctl::label::run(argc, argv);
}
