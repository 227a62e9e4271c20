#include "animalctl/dataset/labelled_set.h"

#include "animalctl/base/file.h"
#include "animalctl/dataset/snapshot.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using test::require_error;

namespace {

// A workspace with frames a (CAT), b (dog), c (unlabelled), d (garbled) and e (COW); files are never opened.
class LabelledWorkspace {
 public:
  LabelledWorkspace() {
    for (const char* name : {"a.png", "b.jpg", "c.png", "d.png", "e.png"}) write_file_atomic(frames() / name, "x");
    write_file_atomic(annotations() / "a.json", R"({"label": "CAT"})");
    write_file_atomic(annotations() / "b.json", R"({"label": "dog"})");
    write_file_atomic(annotations() / "d.json", "not json");
    write_file_atomic(annotations() / "e.json", R"({"label": "COW"})");
  }

  std::filesystem::path frames() const { return folder_ / "frames"; }
  std::filesystem::path annotations() const { return folder_ / "annotations"; }

  LabelledSetOptions options(const std::vector<std::string>& rows, bool strict = false) const {
    write_snapshot(folder_ / "set.csv", rows);
    return {folder_ / "set.csv", frames(), annotations(), ClassList{"cat", "dog"}, strict, 2};
  }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("rows are found as given, in the frames folder, and there by their file name") {
  const LabelledWorkspace workspace;
  const std::string absolute = (workspace.frames() / "a.png").string();
  const LabelledSet set = load_labelled_set(workspace.options({absolute, "b.jpg", "old/place/a.png"}));
  REQUIRE(set.frames.size() == 3);
  CHECK(set.skipped.empty());
  CHECK(set.frames[0].frame == absolute);
  CHECK(set.frames[0].label == 0);
  CHECK(set.frames[1].frame == workspace.frames() / "b.jpg");
  CHECK(set.frames[1].label == 1);
  CHECK(set.frames[2].frame == workspace.frames() / "a.png");
  CHECK(set.class_counts == std::vector<std::size_t>{2, 1});
}

TEST_CASE("a row given relative to the working directory wins over the frames folder") {
  const LabelledWorkspace workspace;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(workspace.frames().parent_path());
  LabelledSetOptions options = workspace.options({"frames/a.png"});
  options.frames_dir = "frames";
  const LabelledSet set = load_labelled_set(options);
  std::filesystem::current_path(before);
  REQUIRE(set.frames.size() == 1);
  CHECK(set.frames[0].frame == "frames/a.png");
}

TEST_CASE("a row without file, annotation or known label is skipped with its reason") {
  const LabelledWorkspace workspace;
  const LabelledSet set =
      load_labelled_set(workspace.options({"gone.png", "c.png", "a.png", "d.png", "e.png", "/nowhere/a.png"}));
  CHECK(set.frames.size() == 1);
  REQUIRE(set.skipped.size() == 5);
  CHECK(set.skipped[0].frame == "gone.png");
  CHECK(test::contains(set.skipped[0].reason.what(), "set.csv and does not exist"));
  CHECK(test::contains(set.skipped[1].reason.what(), "has no annotation"));
  CHECK(test::contains(set.skipped[2].reason.what(), "is not JSON"));
  CHECK(test::contains(set.skipped[3].reason.what(), "none of the classes CAT, DOG"));
  // An absolute row means that file and no other of the same name.
  CHECK(set.skipped[4].frame == "/nowhere/a.png");
}

TEST_CASE("with strict the first bad row is thrown") {
  const LabelledWorkspace workspace;
  require_error(ErrorCode::NotFound, "gone.png", [&] {
    load_labelled_set(workspace.options({"a.png", "gone.png", "d.png"}, true));
  });
  require_error(ErrorCode::DataLoss, "--strict", [&] {
    load_labelled_set(workspace.options({"d.png", "c.png"}, true));
  });
}

TEST_CASE("a snapshot without rows gives an empty set") {
  const LabelledWorkspace workspace;
  const LabelledSet set = load_labelled_set(workspace.options({}));
  CHECK(set.frames.empty());
  CHECK(set.class_counts == std::vector<std::size_t>{0, 0});
}

TEST_CASE("a labelled set needs its snapshot and its annotations folder") {
  const LabelledWorkspace workspace;
  LabelledSetOptions options = workspace.options({"a.png"});
  options.annotations_dir = workspace.frames() / "none";
  require_error(ErrorCode::NotFound, "annotations folder", [&] { load_labelled_set(options); });
  options.csv = workspace.frames() / "none.csv";
  require_error(ErrorCode::NotFound, "none.csv", [&] { load_labelled_set(options); });
}

TEST_CASE("frames of one stem keep their own labels; the one without an annotation of its own has none") {
  const LabelledWorkspace workspace;
  write_file_atomic(workspace.frames() / "a.jpg", "x");
  write_file_atomic(workspace.frames() / "b.webp", "x");
  write_file_atomic(workspace.annotations() / "a.jpg.json", R"({"label": "DOG"})");
  const LabelledSet set = load_labelled_set(workspace.options({"a.png", "a.jpg", "b.jpg", "b.webp"}));
  REQUIRE(set.frames.size() == 3);
  CHECK(set.frames[0].label == 0);
  CHECK(set.frames[1].label == 1);
  CHECK(set.frames[2].label == 1);
  REQUIRE(set.skipped.size() == 1);
  CHECK(set.skipped[0].frame == workspace.frames() / "b.webp");
  CHECK(test::contains(set.skipped[0].reason.message(), "b.webp.json"));
}
