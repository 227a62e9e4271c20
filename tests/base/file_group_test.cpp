#include "animalctl/base/file_group.h"

#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {
namespace fs = std::filesystem;

using test::TemporaryFolder;

std::size_t entries_in(const fs::path& folder) {
  std::size_t count = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file();
  return count;
}

TEST_CASE("files of a group appear together, whole", "[base]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a.txt", "old");
  FileGroup group;
  group.add(folder / "a.txt", as_byte_span("new"));
  group.add(folder / "sub" / "b.txt", as_byte_span("b"));
  group.add(folder / "sub" / "b.txt", as_byte_span("passed over"));
  CHECK(group.size() == 2);
  CHECK(group.has(folder / "sub" / "b.txt"));
  CHECK(read_text_file(folder / "a.txt") == "old");
  CHECK_FALSE(fs::exists(folder / "sub" / "b.txt"));
  CHECK(group.commit().empty());
  CHECK(read_text_file(folder / "a.txt") == "new");
  CHECK(read_text_file(folder / "sub" / "b.txt") == "b");
  CHECK(entries_in(folder.path()) == 2);
  CHECK(group.size() == 0);
  CHECK(group.commit().empty());
}

TEST_CASE("a file that cannot be put in place is named, and the others are there", "[base]") {
  const TemporaryFolder folder;
  create_folders(folder / "taken" / "inside");
  FileGroup group;
  group.add(folder / "one", as_byte_span("1"));
  group.add(folder / "taken", as_byte_span("a folder is in the way"));
  group.add(folder / "two", as_byte_span("2"));
  const std::vector<FileGroup::Failure> failures = group.commit();
  REQUIRE(failures.size() == 1);
  CHECK(failures.front().target == folder / "taken");
  CHECK(test::contains(failures.front().error.message(), "taken"));
  CHECK(read_text_file(folder / "one") == "1");
  CHECK(read_text_file(folder / "two") == "2");
  CHECK(entries_in(folder.path()) == 2);
  write_file_atomic(folder / "file", "");
  CHECK_THROWS_AS(group.add(folder / "file" / "below", as_byte_span("")), Error);
}

TEST_CASE("many files are put in place as few are", "[base]") {
  const TemporaryFolder folder;
  create_folders(folder / "3" / "taken" / "inside");
  FileGroup group;
  for (int i = 0; i < 40; ++i)
    group.add(folder / std::to_string(i % 4) / std::to_string(i), as_byte_span(std::to_string(i)));
  group.add(folder / "3" / "taken", as_byte_span("a folder is in the way"));
  const std::vector<FileGroup::Failure> failures = group.commit();
  REQUIRE(failures.size() == 1);
  CHECK(failures.front().target == folder / "3" / "taken");
  CHECK(entries_in(folder.path()) == 40);
  CHECK(read_text_file(folder / "3" / "39") == "39");
}

TEST_CASE("a group that is given up leaves nothing behind", "[base]") {
  const TemporaryFolder folder;
  {
    FileGroup group;
    group.add(folder / "a", as_byte_span("a"));
    CHECK(entries_in(folder.path()) == 1);
  }
  CHECK(entries_in(folder.path()) == 0);
}

}  // namespace
}  // namespace animalctl
