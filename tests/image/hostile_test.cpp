#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

namespace fs = std::filesystem;

constexpr double kMaxSeconds = 2;
constexpr long kMaxResidentKilobytes = 512L * 1024;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasures = false;  // sanitizers cost time and memory of their own
#else
constexpr bool kMeasures = true;
#endif

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What a child process that decodes one file after the other ends with.
enum ChildExit { kAllGood = 0, kTooSlow = 1, kUntypedError = 2, kTooMuchMemory = 3, kException = 4 };

// The most memory this process has had. A child starts with what its parent holds at the fork.
long peak_resident_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int decode_all(const std::vector<fs::path>& files, int report) {
  const long at_start = peak_resident_kilobytes();
  for (const fs::path& file : files) {
    const std::string line = file.string() + "\n";
    if (ftruncate(report, 0) != 0 || pwrite(report, line.data(), line.size(), 0) < 0) return kException;
    const auto start = std::chrono::steady_clock::now();
    const auto result = decode_image(read_file(file));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (kMeasures && elapsed.count() > kMaxSeconds) return kTooSlow;
    if (result.ok() == false && result.error().code() == ErrorCode::Internal) return kUntypedError;
    if (result.ok() && result.value().pixels.size() != result.value().size()) return kUntypedError;
  }
  return kMeasures && peak_resident_kilobytes() - at_start > kMaxResidentKilobytes ? kTooMuchMemory : kAllGood;
}

}  // namespace

TEST_CASE("Every hostile file yields an image or a typed error, within two seconds and 512 MiB", "[image]") {
  if (!test::shared_data_present("data/hostile")) return;
  const auto files = files_below(test::shared_path("data/hostile"));
  REQUIRE(files.size() > 400);
  const test::TemporaryFolder folder;
  const fs::path report_path = folder / "current.txt";
  FILE* report = std::fopen(report_path.c_str(), "w+");
  REQUIRE(report != nullptr);
  // A process of its own: its memory is measured alone, and a crash is a failed test, not the end of all.
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = kException;
    try {
      code = decode_all(files, fileno(report));
    } catch (...) {
    }
    _exit(code);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  std::fclose(report);
  INFO("last file: " << read_text_file(report_path));
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == kAllGood);
}

TEST_CASE("Hostile files that OpenCV reads are read", "[image]") {
  if (!test::shared_data_present("data/hostile")) return;
  const auto files = files_below(test::shared_path("data/hostile"));
  const auto images = std::count_if(files.begin(), files.end(),
                                    [](const fs::path& file) { return decode_image(read_file(file)).ok(); });
  // cv2.imread of OpenCV 4.6 reads 324 of the 502; a few depend on the version of libpng.
  CHECK(images >= 320);
}

}  // namespace animalctl
