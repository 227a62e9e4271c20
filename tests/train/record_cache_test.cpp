#include "train/record_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

constexpr std::size_t kSize = 100;

std::vector<std::uint8_t> pixels_of(int i) {
  return std::vector<std::uint8_t>(kSize, static_cast<std::uint8_t>(i));
}
Digest digest_of(int i) {
  return sha256(std::to_string(i));
}

void fill(const std::filesystem::path& folder, int from, int to) {
  RecordCache cache(folder / "test.cache", "test", kSize);
  for (int i = from; i < to; ++i) cache.add(digest_of(i), pixels_of(i));
}

int count_present(const std::filesystem::path& folder, int count) {
  const RecordCache cache(folder / "test.cache", "test", kSize);
  int present = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint8_t* const found = cache.find(digest_of(i));
    if (found == nullptr) continue;
    REQUIRE(std::memcmp(found, pixels_of(i).data(), kSize) == 0);
    ++present;
  }
  return present;
}

}  // namespace

TEST_CASE("what one run adds to the cache the next one finds") {
  const TemporaryFolder folder;
  fill(folder.path(), 0, 20);
  CHECK(count_present(folder.path(), 25) == 20);
  fill(folder.path(), 20, 25);
  CHECK(count_present(folder.path(), 25) == 25);
}

TEST_CASE("without a folder the cache lives in memory") {
  RecordCache cache({}, "test", kSize);
  const std::uint8_t* const kept = cache.add(digest_of(1), pixels_of(1));
  CHECK(cache.find(digest_of(1)) == kept);
  CHECK(cache.add(digest_of(1), pixels_of(1)) == kept);
  CHECK(cache.find(digest_of(2)) == nullptr);
}

TEST_CASE("a cache that was cut off loses the cut record only and heals") {
  const TemporaryFolder folder;
  fill(folder.path(), 0, 10);
  const auto file = folder.path() / "test.cache";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 30);
  CHECK(count_present(folder.path(), 10) == 9);
  fill(folder.path(), 9, 10);
  CHECK(count_present(folder.path(), 10) == 10);
}

TEST_CASE("a damaged record is passed over and replaced") {
  const TemporaryFolder folder;
  fill(folder.path(), 0, 10);
  const auto file = folder.path() / "test.cache";
  Bytes bytes = read_file(file);
  bytes[128 + 40 + 5] ^= std::byte{1};
  write_file_atomic(file, bytes);
  CHECK(count_present(folder.path(), 10) == 9);
  {
    RecordCache cache(folder.path() / "test.cache", "test", kSize);
    CHECK(cache.find(digest_of(0)) == nullptr);
    cache.add(digest_of(0), pixels_of(0));
  }
  CHECK(count_present(folder.path(), 10) == 10);
}

TEST_CASE("a cache of another version or full of garbage is built anew") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "test.cache";
  write_file_atomic(file, std::string(200, 'x'));
  CHECK(count_present(folder.path(), 3) == 0);
  fill(folder.path(), 0, 3);
  CHECK(count_present(folder.path(), 3) == 3);
}

TEST_CASE("a cache of another purpose is built anew") {
  const TemporaryFolder folder;
  fill(folder.path(), 0, 3);
  const RecordCache other(folder.path() / "test.cache", "something else", kSize);
  CHECK(other.find(digest_of(0)) == nullptr);
  CHECK(count_present(folder.path(), 3) == 0);
}

TEST_CASE("a cache that another process appends to is read and left alone") {
  const TemporaryFolder folder;
  fill(folder.path(), 0, 3);
  const auto file = folder.path() / "test.cache";
  const int other = ::open(file.c_str(), O_RDWR);
  REQUIRE(::flock(other, LOCK_EX | LOCK_NB) == 0);
  const auto size = std::filesystem::file_size(file);
  fill(folder.path(), 3, 6);
  CHECK(std::filesystem::file_size(file) == size);
  CHECK(count_present(folder.path(), 6) == 3);
  ::close(other);
}

TEST_CASE("a folder that cannot be written costs the cache and nothing else") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "file", std::string_view("in the way"));
  RecordCache cache(folder / "file" / "test.cache", "test", kSize);
  const std::uint8_t* const kept = cache.add(digest_of(1), pixels_of(1));
  CHECK(cache.find(digest_of(1)) == kept);
}

}  // namespace animalctl::test
