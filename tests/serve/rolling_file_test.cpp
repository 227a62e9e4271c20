#include "serve/rolling_file.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::serve {
namespace {
namespace fs = std::filesystem;

using animalctl::test::require_error;
using animalctl::test::TemporaryFolder;

constexpr const char* kFileDay = "2026-11-25";

// Makes writes past `bytes` of any file fail as on a full disk, without a signal.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    const rlimit limit{bytes, previous_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit previous_{};
  void (*handler_)(int);
};

TEST_CASE("lines go to a file of their day, and on to the next one when it is full", "[sink]") {
  const TemporaryFolder folder;
  RollingFile file(folder / "a/b", "predictions", 10);
  file.append(kFileDay, "12345\n");
  file.append(kFileDay, "678\n");
  file.append(kFileDay, "9\n");
  file.append("2026-11-26", "x\n");
  file.append(kFileDay, "late\n");  // a record of before midnight that was written after one of the new day
  file.sync();
  CHECK(read_text_file(folder / "a/b/predictions-2026-11-25-0001.jsonl") == "12345\n678\n");
  CHECK(read_text_file(folder / "a/b/predictions-2026-11-25-0002.jsonl") == "9\nlate\n");
  CHECK(read_text_file(folder / "a/b/predictions-2026-11-26-0001.jsonl") == "x\n");
}

TEST_CASE("a batch longer than a file is not cut", "[sink]") {
  const TemporaryFolder folder;
  RollingFile file(folder.path(), "predictions", 4);
  file.append(kFileDay, "1234567\n");
  file.append(kFileDay, "");
  CHECK(read_text_file(folder / "predictions-2026-11-25-0001.jsonl") == "1234567\n");
}

TEST_CASE("a start goes on with the last file of the day and ends a line that a crash cut", "[sink]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "predictions-2026-11-25-0001.jsonl", "old\n");
  write_file_atomic(folder / "predictions-2026-11-25-0003.jsonl", "whole\nha");
  write_file_atomic(folder / "predictions-2026-11-25-x.jsonl", "not ours");
  RollingFile file(folder.path(), "predictions", 100);
  file.append(kFileDay, "next\n");
  CHECK(read_text_file(folder / "predictions-2026-11-25-0003.jsonl") == "whole\nha\nnext\n");
  CHECK(file.path() == folder / "predictions-2026-11-25-0003.jsonl");
}

TEST_CASE("a full disk leaves whole lines only, and writing goes on when there is space", "[sink]") {
  const TemporaryFolder folder;
  RollingFile file(folder.path(), "predictions", 1 << 20);
  file.append(kFileDay, "before\n");
  {
    const FileSizeLimit limit(10);
    require_error(ErrorCode::ResourceExhausted, "predictions-2026-11-25-0001.jsonl",
                  [&] { file.append(kFileDay, "does not fit\n"); });
  }
  CHECK(read_text_file(folder / "predictions-2026-11-25-0001.jsonl") == "before\n");
  file.append(kFileDay, "after\n");
  CHECK(read_text_file(folder / "predictions-2026-11-25-0001.jsonl") == "before\nafter\n");
}

TEST_CASE("a folder that vanished is made again", "[sink]") {
  const TemporaryFolder folder;
  RollingFile file(folder / "lake", "predictions", 1 << 20);
  file.append(kFileDay, "gone\n");
  fs::remove_all(folder / "lake");
  file.append(kFileDay, "here\n");
  CHECK(read_text_file(folder / "lake/predictions-2026-11-25-0001.jsonl") == "here\n");
  // Another program moved the file away, as log rotation does.
  fs::rename(folder / "lake/predictions-2026-11-25-0001.jsonl", folder / "lake/moved");
  file.append(kFileDay, "new\n");
  CHECK(read_text_file(folder / "lake/predictions-2026-11-25-0001.jsonl") == "new\n");
}

TEST_CASE("a folder that cannot be made is an error until it can", "[sink]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "lake", "a file in the way");
  RollingFile file(folder / "lake", "predictions", 1 << 20);
  require_error(ErrorCode::FailedPrecondition, "lake", [&] { file.append(kFileDay, "x\n"); });
  CHECK(file.path().empty());
  fs::remove(folder / "lake");
  file.append(kFileDay, "x\n");
  CHECK(read_text_file(folder / "lake/predictions-2026-11-25-0001.jsonl") == "x\n");
  // A folder stands where the file of the next day should.
  fs::create_directories(folder / "lake/predictions-2026-11-26-0001.jsonl");
  require_error(ErrorCode::InvalidArgument, "open", [&] { file.append("2026-11-26", "x\n"); });
}

}  // namespace
}  // namespace animalctl::serve
