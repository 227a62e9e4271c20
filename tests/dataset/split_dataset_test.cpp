#include "animalctl/dataset/split_dataset.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "animalctl/base/digest.h"
#include "animalctl/base/file.h"
#include "animalctl/dataset/snapshot.h"
#include "dataset/fake_image.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using namespace animalctl::test;
namespace fs = std::filesystem;

namespace {

class SplitWorkspace {
 public:
  SplitWorkspace() {
    create_folders(folder_ / "frames");
    create_folders(folder_ / "annotations");
  }

  void add(const std::string& name, std::string_view label, std::uint64_t hash = 0, FakeState state = FakeState::Fine,
           std::uint16_t salt = 0) const {
    write_file_atomic(folder_ / ("frames/" + name), fake_bmp(hash, state, salt));
    if (label.empty()) return;
    const fs::path annotation = annotation_of(name);
    write_file_atomic(annotation, label == "garbled" ? "{" : R"({"label": ")" + std::string(label) + R"("})");
  }

  void add_many(int cats, int dogs, int from = 0) const {
    for (int i = from; i < cats; ++i) add("cat." + std::to_string(i) + ".bmp", "CAT", hash_of(i));
    for (int i = from; i < dogs; ++i) add("dog." + std::to_string(i) + ".bmp", "DOG", hash_of(100'000 + i));
  }

  fs::path annotation_of(const std::string& name) const {
    return folder_ / "annotations" / (fs::path(name).stem().string() + ".json");
  }

  SplitDatasetOptions options(bool stable = false) const {
    return {.csv = {folder_ / "train.csv", folder_ / "val.csv", folder_ / "test.csv"},
            .frames_dir = folder_ / "frames",
            .annotations_dir = folder_ / "annotations",
            .classes = ClassList{"cat", "dog"},
            .fractions = {0.8, 0.1, 0.1},
            .stable = stable,
            .threads = 2};
  }

  fs::path path(std::string_view name) const { return folder_ / name; }

  std::set<std::string> rows(std::string_view part) const {
    const auto rows = read_snapshot(folder_ / (std::string(part) + ".csv"));
    return {rows.begin(), rows.end()};
  }

 private:
  // Scattered, so that none is near another.
  static std::uint64_t hash_of(int number) { return sha256("hash " + std::to_string(number)).prefix(); }

  TemporaryFolder folder_;
};

SplitReport split(const SplitDatasetOptions& options, std::size_t* calls = nullptr, std::stop_token stop = {}) {
  SilentProgress progress;
  return split_dataset(options, fake_examiner(calls), progress, stop);
}

using Counts = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a folder is split into three snapshots of exact sizes without opening an image") {
  const SplitWorkspace workspace;
  workspace.add_many(50, 30);
  std::size_t calls = 0;
  const SplitReport report = split(workspace.options(), &calls);
  CHECK(calls == 0);
  CHECK(report.counts[0] == Counts{40, 24});
  CHECK(report.counts[1] == Counts{5, 3});
  CHECK(report.counts[2] == Counts{5, 3});
  CHECK(report.left_out.empty());
  const auto train = read_snapshot(workspace.path("train.csv"));
  CHECK(std::is_sorted(train.begin(), train.end()));
  CHECK(train.front() == (workspace.path("frames") / fs::path(train.front()).filename()).string());
  std::set<std::string> all;
  for (const char* part : {"train", "val", "test"}) all.merge(workspace.rows(part));
  CHECK(all.size() == 80);
  CHECK_FALSE(fs::exists(workspace.path("stable_split.csv")));
}

TEST_CASE("frames without a usable label are left out and counted by kind") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  workspace.add("new.bmp", "");
  workspace.add("bad.bmp", "garbled");
  workspace.add("cow.bmp", "COW");
  write_file_atomic(workspace.path("frames/notes.txt"), "x");
  const SplitReport report = split(workspace.options());
  REQUIRE(report.left_out.size() == 3);
  CHECK(report.left_out[0].name == "bad.bmp");
  CHECK(report.left_out[0].kind == LeftOutKind::GarbledAnnotation);
  CHECK(report.left_out[1].kind == LeftOutKind::UnknownLabel);
  CHECK(report.left_out[2].kind == LeftOutKind::NoAnnotation);
}

TEST_CASE("with strict a garbled annotation stops the split, a missing one does not") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  workspace.add("new.bmp", "");
  SplitDatasetOptions options = workspace.options();
  options.strict = true;
  CHECK(split(options).left_out.size() == 1);
  workspace.add("bad.bmp", "garbled");
  require_error(ErrorCode::DataLoss, "bad.json", [&] { split(options); });
}

TEST_CASE("nothing to split is refused with what to do") {
  const SplitWorkspace workspace;
  require_error(ErrorCode::NotFound, "there are no frames in", [&] { split(workspace.options()); });
  workspace.add("new.bmp", "");
  workspace.add("cow.bmp", "COW");
  require_error(ErrorCode::FailedPrecondition, "none of the 2 frames", [&] { split(workspace.options()); });
  CHECK_FALSE(fs::exists(workspace.path("train.csv")));
  SplitDatasetOptions options = workspace.options();
  options.frames_dir = workspace.path("none");
  require_error(ErrorCode::NotFound, "give --frames-dir", [&] { split(options); });
}

TEST_CASE("outputs that are one file and wrong fractions are refused") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  SplitDatasetOptions options = workspace.options();
  options.csv[2] = workspace.path("frames/../train.csv");
  require_error(ErrorCode::InvalidArgument, "are the same file", [&] { split(options); });
  options = workspace.options(true);
  options.csv[0] = workspace.path("stable_split.csv");
  require_error(ErrorCode::InvalidArgument, "are the same file", [&] { split(options); });
  options = workspace.options();
  options.fractions.train = 0.9;
  require_error(ErrorCode::InvalidArgument, "add up to 1.1", [&] { split(options); });
}

TEST_CASE("when one output cannot be written the old ones stay as they were") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  write_file_atomic(workspace.path("train.csv"), "old");
  write_file_atomic(workspace.path("file"), "in the way");
  SplitDatasetOptions options = workspace.options();
  options.csv[2] = workspace.path("file/test.csv");
  CHECK_THROWS_AS(split(options), Error);
  CHECK(read_text_file(workspace.path("train.csv")) == "old");
  CHECK_FALSE(fs::exists(workspace.path("val.csv")));
  for (const auto& entry : fs::directory_iterator(workspace.path(""))) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".animalctl"));
  }
}

TEST_CASE("frames left out because another of their stem has the annotation are named") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  workspace.add("cat.3.png", "CAT");
  CHECK(split(workspace.options()).behind_another == std::vector<std::string>{"cat.3.bmp"});
}

TEST_CASE("a stable split keeps every image on its side as the set grows, and decodes new images only") {
  const SplitWorkspace workspace;
  workspace.add_many(60, 60);
  std::size_t calls = 0;
  const SplitDatasetOptions options = workspace.options(true);
  CHECK(split(options, &calls).newly_recorded == 120);
  CHECK(calls == 120);
  const auto train = workspace.rows("train");
  const auto val = workspace.rows("val");
  const auto test = workspace.rows("test");
  CHECK(train.size() + val.size() + test.size() == 120);

  workspace.add_many(100, 100, 60);
  calls = 0;
  CHECK(split(options, &calls).newly_recorded == 80);
  CHECK(calls == 80);
  const auto contains_all = [](const std::set<std::string>& larger, const std::set<std::string>& smaller) {
    return std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end());
  };
  CHECK(contains_all(workspace.rows("train"), train));
  CHECK(contains_all(workspace.rows("val"), val));
  CHECK(contains_all(workspace.rows("test"), test));
}

TEST_CASE("a stable split follows a renamed image") {
  const SplitWorkspace workspace;
  workspace.add_many(30, 30);
  split(workspace.options(true));
  const std::string moved = *workspace.rows("test").begin();
  const std::string name = fs::path(moved).filename().string();
  fs::rename(moved, workspace.path("frames/renamed.bmp"));
  fs::rename(workspace.annotation_of(name), workspace.path("annotations/renamed.json"));
  std::size_t calls = 0;
  split(workspace.options(true), &calls);
  CHECK(calls == 0);
  CHECK(workspace.rows("test").contains(workspace.path("frames/renamed.bmp").string()));
}

TEST_CASE("near-duplicates of a stable split share a side and copies do too") {
  const SplitWorkspace workspace;
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t hash = sha256(std::to_string(i)).prefix();
    const std::string stem = "cat." + std::to_string(i);
    workspace.add(stem + "a.bmp", "CAT", hash);
    workspace.add(stem + "b.bmp", "CAT", hash ^ 0b10101);
    workspace.add(stem + "c.bmp", "CAT", hash);
  }
  split(workspace.options(true));
  for (const char* part : {"train", "val", "test"}) CHECK(workspace.rows(part).size() % 3 == 0);
}

TEST_CASE("an undecodable image is left out of a stable split, or stops a strict one") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  workspace.add("broken.bmp", "CAT", 1, FakeState::Undecodable);
  SplitDatasetOptions options = workspace.options(true);
  options.strict = true;
  require_error(ErrorCode::DataLoss, "broken.bmp", [&] { split(options); });
  CHECK_FALSE(fs::exists(workspace.path("stable_split.csv")));
  const SplitReport report = split(workspace.options(true));
  REQUIRE(report.left_out.size() == 1);
  CHECK(report.left_out[0].kind == LeftOutKind::Undecodable);
}

TEST_CASE("when nothing can be decoded a stable split says so") {
  const SplitWorkspace workspace;
  workspace.add("broken.bmp", "CAT", 1, FakeState::Undecodable);
  require_error(ErrorCode::FailedPrecondition, "1 undecodable", [&] { split(workspace.options(true)); });
}

TEST_CASE("a stable split refuses other fractions than its ledger has") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  split(workspace.options(true));
  SplitDatasetOptions options = workspace.options(true);
  options.fractions = {0.7, 0.2, 0.1};
  require_error(ErrorCode::FailedPrecondition, "keep their side for ever", [&] { split(options); });
}

TEST_CASE("a split that is asked to stop writes nothing") {
  const SplitWorkspace workspace;
  workspace.add_many(10, 10);
  std::stop_source stop;
  stop.request_stop();
  for (const bool stable : {false, true}) {
    require_error(ErrorCode::Cancelled, "nothing was written",
                  [&] { split(workspace.options(stable), nullptr, stop.get_token()); });
  }
  CHECK_FALSE(fs::exists(workspace.path("train.csv")));
}
