#include "animalctl/base/file.h"

#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <iterator>
#include <string>

#include "animalctl/base/error.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {
namespace fs = std::filesystem;

using test::require_error;
using test::TemporaryFolder;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// A small file system of its own; only root may mount one, and not in every container.
class MountedFolder {
 public:
  MountedFolder(const fs::path& folder, unsigned long flags) : path_(folder) {
    fs::create_directory(folder);
    mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", flags, "size=64k") == 0;
    if (!mounted_) WARN("skipped: mounting a file system is not allowed here");
  }
  ~MountedFolder() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  MountedFolder(const MountedFolder&) = delete;
  MountedFolder& operator=(const MountedFolder&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path path_;
  bool mounted_ = false;
};

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

TEST_CASE("what is written is what is read, byte for byte") {
  const TemporaryFolder folder;
  const std::string text("a\0b\r\n\xFF", 6);
  write_file_atomic(folder / "file", text);
  CHECK(read_text_file(folder / "file") == text);
  CHECK(as_text(read_file(folder / "file")) == text);
  write_file_atomic(folder / "file", as_byte_span(""));
  CHECK(read_file(folder / "file").empty());
}

TEST_CASE("a missing file, a folder and a file over the limit are refused by name") {
  const TemporaryFolder folder;
  require_error(ErrorCode::NotFound, "missing.csv", [&] { (void)read_file(folder / "missing.csv"); });
  require_error(ErrorCode::InvalidArgument, "it is a folder", [&] { (void)read_file(folder.path()); });
  write_file_atomic(folder / "file", "12345");
  CHECK(read_file(folder / "file", 5).size() == 5);
  require_error(ErrorCode::ResourceExhausted, "5 bytes, the limit is 4", [&] { (void)read_file(folder / "file", 4); });
  require_error(ErrorCode::ResourceExhausted, "the limit is 4", [&] { (void)read_text_file(folder / "file", 4); });
}

TEST_CASE("a file whose size is unknown beforehand is read whole and within the limit") {
  // Files of /proc report size 0.
  const std::string name = read_text_file("/proc/self/comm");
  REQUIRE(name.size() > 2);
  CHECK(read_text_file("/proc/self/comm", name.size()) == name);
  for (std::size_t limit = 0; limit < name.size(); ++limit) {
    require_error(ErrorCode::ResourceExhausted, "over the limit", [&] { (void)read_file("/proc/self/comm", limit); });
  }
}

TEST_CASE("a read that fails half-way is an error") {
  // Address 0 of the own process is not mapped, so reading it fails with EIO.
  require_error(ErrorCode::DataLoss, "/proc/self/mem", [] { (void)read_file("/proc/self/mem"); });
}

TEST_CASE("an atomic file leaves the target alone until commit and nothing behind without it") {
  const TemporaryFolder folder;
  const fs::path target = folder / "target.txt";
  write_file_atomic(target, "old");
  {
    AtomicFile file(target);
    file.write("new");
    CHECK(read_text_file(target) == "old");
    CHECK(entries(folder.path()) == 2);
  }
  CHECK(read_text_file(target) == "old");
  CHECK(entries(folder.path()) == 1);
  {
    AtomicFile file(target);
    file.write("new ");
    file.write(as_byte_span("content"));
    file.commit();
    CHECK(read_text_file(target) == "new content");
  }
  CHECK(read_text_file(target) == "new content");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("an atomic file makes missing folders and takes names of 255 bytes") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a/b/c.txt", "x");
  CHECK(read_text_file(folder / "a/b/c.txt") == "x");
  const std::string long_name(255, 'n');
  write_file_atomic(folder / long_name, "y");
  CHECK(read_text_file(folder / long_name) == "y");
}

TEST_CASE("two atomic files of one target do not disturb each other") {
  const TemporaryFolder folder;
  AtomicFile first(folder / "target");
  AtomicFile second(folder / "target");
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  CHECK(read_text_file(folder / "target") == "first");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a commit onto a folder fails and leaves nothing behind") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "target/inside");
  require_error(ErrorCode::InvalidArgument, "cannot write", [&] { write_file_atomic(folder / "target", "x"); });
  CHECK(entries(folder.path()) == 1);
  CHECK(fs::is_directory(folder / "target/inside"));
}

TEST_CASE("a target below a regular file is refused") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  try {
    const AtomicFile file(folder / "file/sub/target");
    FAIL("no error was thrown");
  } catch (const Error& error) {
    CHECK(test::contains(error.what(), "cannot create the folder"));
    CHECK(test::contains(error.what(), "file/sub"));
  }
  CHECK(read_text_file(folder / "file") == "x");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("an atomic file that cannot be created names its target") {
  // The temporary file, too, would need a folder that nobody can make files in.
  require_error(ErrorCode::NotFound, "/proc/target", [] { const AtomicFile file("/proc/target"); });
}

TEST_CASE("a write past the size limit is reported and leaves nothing behind") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "target", "old");
  {
    const FileSizeLimit limit(1024);
    require_error(ErrorCode::ResourceExhausted, "free some space",
                  [&] { write_file_atomic(folder / "target", std::string(4096, 'x')); });
  }
  CHECK(read_text_file(folder / "target") == "old");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a full disk is reported and leaves nothing behind") {
  const TemporaryFolder folder;
  const MountedFolder disk(folder / "disk", 0);
  if (!disk.mounted()) return;
  write_file_atomic(folder / "disk/target", "old");
  require_error(ErrorCode::ResourceExhausted, "disk/target",
                [&] { write_file_atomic(folder / "disk/target", std::string(1 << 20, 'x')); });
  CHECK(read_text_file(folder / "disk/target") == "old");
  CHECK(entries(folder / "disk") == 1);
  write_file_atomic(folder / "disk/target", std::string(32 << 10, 'y'));
}

TEST_CASE("a read-only file system is reported") {
  const TemporaryFolder folder;
  const MountedFolder disk(folder / "disk", MS_RDONLY);
  if (!disk.mounted()) return;
  require_error(ErrorCode::FailedPrecondition, "disk/target", [&] { write_file_atomic(folder / "disk/target", "x"); });
  require_error(ErrorCode::FailedPrecondition, "disk/sub", [&] { create_folders(folder / "disk/sub"); });
}

TEST_CASE("folders are created with their parents, once or again") {
  const TemporaryFolder folder;
  create_folders(folder / "a/b/c");
  create_folders(folder / "a/b/c");
  CHECK(fs::is_directory(folder / "a/b/c"));
}

TEST_CASE("a file in the way of a folder is reported and kept") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  require_error(ErrorCode::FailedPrecondition, "create the folder", [&] { create_folders(folder / "file"); });
  require_error(ErrorCode::FailedPrecondition, "create the folder", [&] { create_folders(folder / "file/sub"); });
  CHECK(read_text_file(folder / "file") == "x");
}

}  // namespace
}  // namespace animalctl
