#include "animalctl/report/tensorboard_writer.h"

#include <sys/resource.h>

#include <csignal>
#include <limits>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using test::require_error;

constexpr double kStart = 1'700'000'000.25;

// The points of the golden file (scripts/make_golden_tensorboard.py).
void write_golden_points(TensorBoardWriter& writer) {
  std::string long_tag;
  for (int i = 0; i < 20; ++i) long_tag += "größe/猫";
  for (const std::int64_t step : {std::int64_t{0}, std::int64_t{1}, std::int64_t{200}, std::int64_t{1} << 40}) {
    const double wall_time = 1'700'000'001.5 + static_cast<double>(step);
    writer.add_scalar("loss/train", step, 0.5 / (static_cast<double>(step) + 1), wall_time);
    writer.add_scalar(long_tag, step, step == 1 ? std::numeric_limits<double>::quiet_NaN() : -3.25, wall_time);
  }
}

// Lets no file grow over `bytes`, as a full disk does, for the length of a scope.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_CASE("event files equal those of Google's protobuf library byte for byte") {
  const test::TemporaryFolder folder;
  TensorBoardWriter writer(folder / "runs/a", kStart);
  write_golden_points(writer);
  writer.flush();
  CHECK(read_file(writer.file()) == read_file(test::golden_path("report/scalars.tfevents")));
}

TEST_CASE("the file is named after time and host and a second one never touches it") {
  const test::TemporaryFolder folder;
  const TensorBoardWriter first(folder.path(), kStart);
  const TensorBoardWriter second(folder.path(), kStart);
  CHECK(first.file().filename().string().starts_with("events.out.tfevents.1700000000."));
  CHECK(second.file().string() == first.file().string() + ".1");
}

TEST_CASE("points are on the disk after a flush and at the end at the latest") {
  const test::TemporaryFolder folder;
  std::filesystem::path file;
  std::uintmax_t after_flush = 0;
  {
    TensorBoardWriter writer(folder.path(), kStart);
    file = writer.file();
    CHECK(std::filesystem::file_size(file) == 0);
    writer.add_scalar("a", 1, 1, kStart);
    writer.flush();
    after_flush = std::filesystem::file_size(file);
    CHECK(after_flush > 0);
    writer.flush();
    CHECK(std::filesystem::file_size(file) == after_flush);
    writer.add_scalar("a", 2, 1, kStart);
    CHECK(std::filesystem::file_size(file) == after_flush);
  }
  CHECK(std::filesystem::file_size(file) > after_flush);
}

TEST_CASE("a disk that is full leaves whole records and loses no point") {
  const test::TemporaryFolder folder;
  TensorBoardWriter writer(folder.path(), kStart);
  writer.flush();
  const auto whole = std::filesystem::file_size(writer.file());
  write_golden_points(writer);
  {
    const FileLimit limit(whole + 30);
    require_error(ErrorCode::ResourceExhausted, "events.out.tfevents", [&] { writer.flush(); });
  }
  CHECK(std::filesystem::file_size(writer.file()) == whole);
  writer.flush();
  CHECK(read_file(writer.file()) == read_file(test::golden_path("report/scalars.tfevents")));
}

TEST_CASE("an event file that cannot be written is refused with its path") {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "file", "in the way");
  require_error(ErrorCode::FailedPrecondition, "in the way", [&] { TensorBoardWriter(folder / "file", kStart); });
  require_error(ErrorCode::NotFound, "write /proc/self/events", [] { TensorBoardWriter("/proc/self", kStart); });
}

}  // namespace
}  // namespace animalctl
