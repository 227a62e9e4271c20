// checkpoint_tool resave IN OUT: reads a checkpoint and writes it again.
// checkpoint_tool time IN COUNT: reads it COUNT times and prints the best time in milliseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/torch_file.h"

namespace checkpoint = animalctl::checkpoint;

namespace {

int time_reading(const char* path, int count) {
  double best = 1e9;
  for (int i = 0; i < count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const checkpoint::Value value = checkpoint::read_torch_file(path);
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  std::printf("%.2f\n", best);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view action = argc == 4 ? argv[1] : "";
  try {
    if (action == "time") return time_reading(argv[2], std::atoi(argv[3]));
    if (action == "resave") {
      checkpoint::write_torch_file(argv[3], checkpoint::read_torch_file(argv[2]));
      return 0;
    }
  } catch (const animalctl::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
  std::fprintf(stderr, "usage: checkpoint_tool resave IN OUT | time IN COUNT\n");
  return 2;
}
