#include "animalctl/dataset/check_dataset.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "animalctl/base/digest.h"
#include "animalctl/base/file.h"
#include "dataset/fake_image.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using namespace animalctl::test;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

namespace {

class Workspace {
 public:
  Workspace() {
    create_folders(folder_ / "frames");
    create_folders(folder_ / "annotations");
  }

  // Frames of the same `picture` have the same hash; of the same picture and salt the same bytes.
  void add(const std::string& name, const std::string& label, int picture, std::uint16_t salt = 0,
           FakeState state = FakeState::Fine, std::uint64_t flipped_bits = 0) const {
    const std::uint64_t hash = sha256(std::to_string(picture)).prefix() ^ flipped_bits;
    write_file_atomic(folder_ / ("frames/" + name), fake_bmp(hash, state, salt));
    annotate(name, R"({"label": ")" + label + R"("})");
  }
  void annotate(const std::string& name, const std::string& text) const {
    write_file_atomic(folder_ / ("annotations/" + fs::path(name).stem().string() + ".json"), text);
  }
  fs::path path(std::string_view name) const { return folder_ / name; }

  CheckReport check(int distance = 6, std::stop_token stop = {}) const {
    SilentProgress progress;
    return check_dataset({folder_ / "frames", folder_ / "annotations", classes(), distance, 2}, fake_examiner(),
                         progress, stop);
  }
  // As some seconds later than it is: files that were just written have come to rest by then.
  CheckReport check_with_cache() const {
    SilentProgress progress;
    const CheckOptions options{.frames_dir = folder_ / "frames",
                               .annotations_dir = folder_ / "annotations",
                               .classes = classes(),
                               .threads = 2,
                               .cache_file = folder_ / "cache/checked.jsonl",
                               .now = std::chrono::system_clock::now() + std::chrono::seconds(5)};
    return check_dataset(options, fake_examiner(), progress, {});
  }
  static ClassList classes() { return ClassList{"cat", "dog"}; }

 private:
  TemporaryFolder folder_;
};

std::vector<Finding> of_kind(const CheckReport& report, FindingKind kind) {
  std::vector<Finding> found;
  for (const Finding& finding : report.findings) {
    if (finding.kind == kind) found.push_back(finding);
  }
  return found;
}

// The files of the only finding of a kind.
Names only(const CheckReport& report, FindingKind kind) {
  const auto found = of_kind(report, kind);
  return found.size() == 1 ? found[0].files : Names{"there are " + std::to_string(found.size())};
}

}  // namespace

TEST_CASE("a data set in order has no findings and its classes counted") {
  const Workspace workspace;
  workspace.add("a.bmp", "CAT", 1);
  workspace.add("b.BMP", "dog", 2);
  workspace.add("c.bmp", "DOG", 3);
  const CheckReport report = workspace.check();
  CHECK(report.findings.empty());
  CHECK(report.frames == 3);
  CHECK(report.labelled == 3);
  CHECK(report.class_counts == std::vector<std::size_t>{1, 2});
  CHECK(report.errors() == 0);
}

TEST_CASE("every kind of bad image is found, and none stops the check") {
  const Workspace workspace;
  workspace.add("fine.bmp", "CAT", 1);
  workspace.add("empty.bmp", "CAT", 2);
  write_file_atomic(workspace.path("frames/empty.bmp"), "");
  workspace.add("text.bmp", "CAT", 3);
  write_file_atomic(workspace.path("frames/text.bmp"), "this is no picture");
  workspace.add("garbled.bmp", "CAT", 4, 0, FakeState::Undecodable);
  workspace.add("cut.bmp", "CAT", 5);
  Bytes cut = read_file(workspace.path("frames/cut.bmp"));
  cut.resize(cut.size() - 4);
  write_file_atomic(workspace.path("frames/cut.bmp"), cut);
  workspace.add("slow.bmp", "CAT", 6, 0, FakeState::TooLarge);
  workspace.add("huge.bmp", "CAT", 7);
  Bytes huge = read_file(workspace.path("frames/huge.bmp"));
  for (const std::size_t at : {18U, 19U, 22U, 23U}) huge[at] = std::byte{0x7F};
  write_file_atomic(workspace.path("frames/huge.bmp"), huge);
  workspace.add("named.png", "CAT", 8);
  workspace.add("odd.bmp", "CAT", 9, 0, FakeState::Complaining);
  fs::create_symlink("gone", workspace.path("frames/link.bmp"));

  const CheckReport report = workspace.check();
  CHECK(only(report, FindingKind::Empty) == Names{"empty.bmp"});
  const auto unreadable = of_kind(report, FindingKind::Unreadable);
  REQUIRE(unreadable.size() == 3);
  CHECK(unreadable[0].files == Names{"garbled.bmp"});
  CHECK(unreadable[1].files == Names{"link.bmp"});
  CHECK(unreadable[2].files == Names{"text.bmp"});
  CHECK(only(report, FindingKind::Truncated) == Names{"cut.bmp"});
  const auto oversize = of_kind(report, FindingKind::Oversize);
  REQUIRE(oversize.size() == 2);
  CHECK(oversize[0].files == Names{"huge.bmp"});
  CHECK(oversize[1].files == Names{"slow.bmp"});
  CHECK(only(report, FindingKind::WrongExtension) == Names{"named.png"});
  CHECK(only(report, FindingKind::Damaged) == Names{"odd.bmp"});
  CHECK(report.errors() == 8);
  CHECK(report.notices() == 1);
}

TEST_CASE("frames of one stem with an annotation each share none") {
  const Workspace workspace;
  workspace.add("twin.jpg", "CAT", 1);
  workspace.add("twin.bmp", "CAT", 2);
  write_file_atomic(workspace.path("annotations/twin.bmp.json"), R"({"label": "DOG"})");
  const CheckReport report = workspace.check();
  CHECK(of_kind(report, FindingKind::SharedAnnotation).empty());
  CHECK(of_kind(report, FindingKind::OrphanAnnotation).empty());
  CHECK(report.class_counts == std::vector<std::size_t>{1, 1});

  write_file_atomic(workspace.path("annotations/twin.bmp.json"), "{");
  CHECK(only(workspace.check(), FindingKind::GarbledAnnotation) == Names{"twin.bmp.json"});
}

TEST_CASE("labels that are missing, garbled, unknown, shared or left over are found") {
  const Workspace workspace;
  workspace.add("a.bmp", "CAT", 1);
  workspace.add("shared.bmp", "CAT", 2);
  workspace.add("shared.jpg", "CAT", 3);
  workspace.add("cow.bmp", "COW", 4);
  workspace.add("bad.bmp", "CAT", 5);
  workspace.annotate("bad.bmp", "{");
  workspace.add("new.bmp", "CAT", 6);
  fs::remove(workspace.path("annotations/new.json"));
  workspace.annotate("orphan.bmp", R"({"label": "CAT"})");
  write_file_atomic(workspace.path("frames/readme.txt"), "x");
  create_folders(workspace.path("frames/more"));
  write_file_atomic(workspace.path("frames/.hidden"), "x");

  const CheckReport report = workspace.check();
  CHECK(only(report, FindingKind::GarbledAnnotation) == Names{"bad.json"});
  CHECK(only(report, FindingKind::UnknownLabel) == Names{"cow.json"});
  CHECK(only(report, FindingKind::SharedAnnotation) == Names{"shared.bmp", "shared.jpg"});
  CHECK(only(report, FindingKind::OrphanAnnotation) == Names{"orphan.json"});
  // The jpg owns the stem, so the annotation is its.
  const auto unlabelled = of_kind(report, FindingKind::Unlabelled);
  REQUIRE(unlabelled.size() == 2);
  CHECK(unlabelled[0].files == Names{"new.bmp"});
  CHECK(unlabelled[1].files == Names{"shared.bmp"});
  const auto ignored = of_kind(report, FindingKind::IgnoredFile);
  REQUIRE(ignored.size() == 2);
  CHECK(ignored[0].files == Names{"more"});
  CHECK(ignored[1].files == Names{"readme.txt"});
}

TEST_CASE("one picture with two labels is the first finding, copies and near-duplicates follow") {
  const Workspace workspace;
  workspace.add("copy1.bmp", "CAT", 1);
  workspace.add("copy2.bmp", "CAT", 1);
  workspace.add("exact1.bmp", "CAT", 2);
  workspace.add("exact2.bmp", "DOG", 2);
  workspace.add("near1.bmp", "CAT", 3);
  workspace.add("near2.bmp", "DOG", 3, 1, FakeState::Fine, 0b111);
  workspace.add("same1.bmp", "DOG", 4);
  workspace.add("same2.bmp", "DOG", 4, 1);

  const CheckReport report = workspace.check();
  CHECK(report.findings.front().kind == FindingKind::ConflictingLabels);
  const auto conflicts = of_kind(report, FindingKind::ConflictingLabels);
  REQUIRE(conflicts.size() == 2);
  CHECK(conflicts[0].files == Names{"exact1.bmp", "exact2.bmp"});
  CHECK(conflicts[0].labels == Names{"CAT", "DOG"});
  CHECK(conflicts[0].detail == "same bytes");
  CHECK(conflicts[1].files == Names{"near1.bmp", "near2.bmp"});
  CHECK(conflicts[1].detail == "3 of 64 bits differ");
  CHECK(only(report, FindingKind::ExactDuplicate) == Names{"copy1.bmp", "copy2.bmp"});
  const auto near = of_kind(report, FindingKind::NearDuplicate);
  REQUIRE(near.size() == 1);
  CHECK(near[0].files == Names{"same1.bmp", "same2.bmp"});
  CHECK(near[0].detail == "looks the same");
  CHECK(severity(FindingKind::NearDuplicate) == Severity::Notice);

  CHECK(of_kind(workspace.check(2), FindingKind::ConflictingLabels).size() == 1);
}

TEST_CASE("an unlabelled near-duplicate is no conflict") {
  const Workspace workspace;
  workspace.add("a.bmp", "CAT", 1);
  workspace.add("b.bmp", "CAT", 1, 1);
  fs::remove(workspace.path("annotations/b.json"));
  const CheckReport report = workspace.check();
  CHECK(report.errors() == 0);
  REQUIRE(of_kind(report, FindingKind::NearDuplicate).size() == 1);
  CHECK(of_kind(report, FindingKind::NearDuplicate)[0].labels == Names{"CAT", ""});
}

TEST_CASE("the report is one JSON object with stable keys, whatever the file names hold") {
  const Workspace workspace;
  workspace.add("a.bmp", "CAT", 1);
  workspace.add("\xFF.bmp", "CAT", 1);
  const auto json = nlohmann::json::parse(to_json(workspace.check(), Workspace::classes()));
  CHECK(json["ok"] == false);
  CHECK(json["frames"] == 2);
  CHECK(json["labelled"] == 2);
  CHECK(json["class_counts"]["CAT"] == 2);
  CHECK(json["class_counts"]["DOG"] == 0);
  CHECK(json["errors"] == 1);
  CHECK(json["counts"]["exact_duplicate"] == 1);
  CHECK(json["counts"]["conflicting_labels"] == 0);
  CHECK(json["counts"].size() == 15);
  CHECK(json["findings"][0]["kind"] == "exact_duplicate");
  CHECK(json["findings"][0]["severity"] == "error");
  CHECK(json["findings"][0]["files"].size() == 2);
}

TEST_CASE("a check needs its folders, a sensible distance and leave to go on") {
  const Workspace workspace;
  workspace.add("a.bmp", "CAT", 1);
  require_error(ErrorCode::InvalidArgument, "is 16", [&] { workspace.check(16); });
  require_error(ErrorCode::InvalidArgument, "is -1", [&] { workspace.check(-1); });
  std::stop_source stop;
  stop.request_stop();
  require_error(ErrorCode::Cancelled, "stopped", [&] { workspace.check(6, stop.get_token()); });
  fs::remove_all(workspace.path("annotations"));
  require_error(ErrorCode::NotFound, "annotations folder", [&] { workspace.check(); });
  fs::remove_all(workspace.path("frames"));
  require_error(ErrorCode::NotFound, "frames folder", [&] { workspace.check(); });
}

TEST_CASE("a second check reads what is new or has changed, and says the same") {
  const Workspace workspace;
  workspace.add("a.bmp", "cat", 1);
  workspace.add("b.png", "dog", 1, 3);  // the wrong extension, and the picture of a.bmp with another label
  workspace.add("c.bmp", "cat", 2);
  workspace.add("d.bmp", "dog", 3, 0, FakeState::Undecodable);
  const CheckReport first = workspace.check_with_cache();
  CHECK(first.read == 4);
  const std::string before = to_json(first, Workspace::classes());
  CheckReport second = workspace.check_with_cache();
  // What could not be decoded is tried again.
  CHECK(second.read == 1);
  second.read = first.read;
  CHECK(to_json(second, Workspace::classes()) == before);

  workspace.add("c.bmp", "cat", 4);
  workspace.add("e.bmp", "cat", 5);
  CHECK(workspace.check_with_cache().read == 3);
  workspace.annotate("c.bmp", R"({"label": "dog"})");
  const CheckReport relabelled = workspace.check_with_cache();
  CHECK(relabelled.read == 1);
  CHECK(relabelled.class_counts == std::vector<std::size_t>{2, 3});
}

TEST_CASE("a cache of checked frames that cannot be used costs time only") {
  const Workspace workspace;
  workspace.add("a.bmp", "cat", 1);
  const fs::path cache = workspace.path("cache/checked.jsonl");
  CHECK(workspace.check_with_cache().read == 1);
  CHECK(workspace.check_with_cache().read == 0);
  const std::string good = read_text_file(cache);
  std::string other_hash = good;
  other_hash.replace(other_hash.find("perceptual_hash"), 18, "perceptual_hash\":\"x");
  for (const std::string& bad : {std::string("# animalctl checked frames 1 0.0.0\n") + good.substr(good.find('\n') + 1),
                                 good + "{", good + "{}\n", good + "[1]\n", other_hash, std::string()}) {
    write_file_atomic(cache, bad);
    CHECK(workspace.check_with_cache().read == 1);
    CHECK(read_text_file(cache) == good);
  }
  // Where nothing can be kept, the check is as good.
  fs::remove_all(cache.parent_path());
  write_file_atomic(cache.parent_path(), "a file where the folder should be");
  CHECK(workspace.check_with_cache().read == 1);
}

TEST_CASE("files that have just been written are not kept") {
  const Workspace workspace;
  workspace.add("a.bmp", "cat", 1);
  SilentProgress progress;
  CheckOptions options{.frames_dir = workspace.path("frames"),
                       .annotations_dir = workspace.path("annotations"),
                       .classes = Workspace::classes(),
                       .cache_file = workspace.path("checked.jsonl")};
  for (int i = 0; i < 2; ++i) CHECK(check_dataset(options, fake_examiner(), progress, {}).read == 1);
}
