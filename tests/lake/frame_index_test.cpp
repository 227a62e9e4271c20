#include "animalctl/lake/frame_index.h"

#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::lake {
namespace {

using test::TemporaryFolder;

TEST_CASE("the frame index follows a listing and hashes what is new or changed only", "[lake]") {
  const TemporaryFolder folder;
  const auto database = Database::open("sqlite:" + (folder / "lake.db").string());
  FrameIndex index(*database);
  std::string asked;
  const auto digest = [&](std::span<const FrameFile> files) {
    std::vector<std::string> digests;
    for (const FrameFile& file : files) {
      asked += file.name + " ";
      digests.push_back(file.name == "gone.jpg" ? std::string() : "digest-" + std::to_string(file.bytes));
    }
    return digests;
  };
  const std::vector<FrameFile> first = {{"a.jpg", 1, 10}, {"gone.jpg", 2, 10}, {"query-b.jpg", 3, 10}};
  const FrameChanges begun = index.update(first, 500, digest);
  CHECK(begun.added == 2);
  CHECK(asked == "a.jpg gone.jpg query-b.jpg ");
  index.set_parts(std::vector<ContentPart>{{"digest-1", "00f0c3a59618e7d2", "test"}, {"digest-9", "", "train"}});

  asked.clear();
  const std::vector<FrameFile> second = {{"a.jpg", 1, 10}, {"c.jpg", 5, 20}, {"query-b.jpg", 4, 30}};
  const FrameChanges then = index.update(second, 600, digest);
  CHECK(asked == "c.jpg query-b.jpg ");
  CHECK(then.added == 1);
  CHECK(then.changed == 1);
  CHECK(then.removed == 0);
  const std::vector<FrameRow> rows = index.all();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].part == "test");
  CHECK(rows[0].perceptual_hash == "00f0c3a59618e7d2");
  CHECK(rows[0].source == "frames");
  CHECK(rows[0].first_seen_ms == 500);
  CHECK(rows[2].digest == "digest-4");
  CHECK(rows[2].source == "query");

  CHECK(index.update(std::vector<FrameFile>{{"c.jpg", 5, 20}}, 700, digest).removed == 2);
  CHECK(index.count() == 1);
  CHECK(index.digests() == std::vector<std::string>{"digest-5"});
}

}  // namespace
}  // namespace animalctl::lake
