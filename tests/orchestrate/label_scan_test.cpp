#include "orchestrate/label_scan.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>

#include "animalctl/base/file.h"
#include "orchestrate/folder_events.h"
#include "orchestrate/label_inventory.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;
using test::TemporaryFolder;

const ClassList kAnimals{"cat", "dog"};

struct LabelFolders {
  LabelFolders() {
    places.frames_dir = folder / "frames";
    places.annotations_dir = folder / "annotations";
    create_folders(places.frames_dir);
    create_folders(places.annotations_dir);
  }
  void frame(const std::string& name) const { write_file_atomic(places.frames_dir / name, "x"); }
  void label(const std::string& file, const std::string& label, const std::string& source = "manual") const {
    write_file_atomic(places.annotations_dir / file, R"({"label": ")" + label + R"(", "source": ")" + source + R"("})");
  }

  TemporaryFolder folder;
  Places places;
};

TEST_CASE("labels are read with who gave them, and unusable ones are none", "[orchestrate]") {
  const LabelFolders folders;
  for (const char* name : {"a.png", "b.png", "c.png", "d.png"}) folders.frame(name);
  folders.label("a.json", "CAT");
  folders.label("b.json", "dog", "auto");
  folders.label("c.json", "COW");
  const auto labels = scan_labels(folders.places.frames_dir, folders.places.annotations_dir, kAnimals, 2);
  REQUIRE(labels.size() == 4);
  CHECK(labels[0].label == 0);
  CHECK(labels[0].human);
  CHECK(labels[1].label == 1);
  CHECK_FALSE(labels[1].human);
  CHECK(labels[2].label == -1);
  CHECK(labels[3].label == -1);
  CHECK(label_entries(labels).size() == 2);
  CHECK(scan_labels(folders.folder / "none", folders.places.annotations_dir, kAnimals, 1).empty());
}

TEST_CASE("frames of snapshots had a label, whichever: only others are new", "[orchestrate]") {
  const std::vector<std::string> rows = {"frames/b.png", "a.png", "a.jpg", "b.png", "c.png"};
  const std::vector<LabelEntry> before = entries_of_rows(rows);
  REQUIRE(before.size() == 4);
  CHECK(std::is_sorted(before.begin(), before.end(),
                       [](const LabelEntry& left, const LabelEntry& right) { return left.key < right.key; }));
  const LabelFolders folders;
  for (const char* name : {"a.png", "a.jpg", "b.png", "d.png"}) folders.frame(name);
  folders.label("a.json", "CAT");
  folders.label("a.jpg.json", "DOG");
  folders.label("b.json", "DOG");
  folders.label("d.json", "DOG");
  LabelInventory now(folders.places, 1);
  now.scan();
  const LabelChange change = compare_labels(before, now.entries(), 2);
  CHECK(change.added == 1);
  CHECK(change.changed == 0);
  CHECK(change.removed == 1);
  CHECK(change.by_class == std::vector<std::int64_t>{0, 1});
}

TEST_CASE("what changed between two states is counted by class", "[orchestrate]") {
  const std::vector<LabelEntry> before = {{1, 0, true}, {2, 1, true}, {3, 0, true}};
  const std::vector<LabelEntry> now = {{1, 1, true}, {2, 1, false}, {3, -1, false}, {4, 1, true}, {5, 0, true}};
  const LabelChange change = compare_labels(before, now, 2);
  CHECK(change.added == 2);
  CHECK(change.changed == 1);
  CHECK(change.removed == 1);
  CHECK(change.total() == 3);
  CHECK(change.by_class == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("the record of a run's labels reads back, and a garbled one is refused with its line", "[orchestrate]") {
  const std::vector<LabelEntry> entries = {{0x10, 0, true}, {0xffffffffffffffff, 1, false}};
  const std::string text = format_label_file(entries, kAnimals);
  CHECK(parse_label_file(text, "labels.csv", kAnimals) == entries);
  const auto refused = [&](std::string changed, const char* part) {
    test::require_error(ErrorCode::DataLoss, part, [&] { parse_label_file(changed, "labels.csv", kAnimals); });
  };
  refused("key,label\n", "no record");
  refused(text + "zz,0,manual\n", "line 4");
  refused(text + "00000000000000aa,0,manual\n", "line 4");
  refused(text.substr(0, text.size() - 1), "line 3");
  refused("# animalctl labels 1 CAT,DOG\n0000000000000010,2,manual\n", "line 2");
  refused("# animalctl labels 1 CAT,DOG\n0000000000000010,1,somebody\n", "line 2");
}

TEST_CASE("the inventory follows single files and equals a fresh look", "[orchestrate]") {
  const LabelFolders folders;
  for (const char* name : {"a.png", "b.png"}) folders.frame(name);
  folders.label("a.json", "CAT");
  LabelInventory inventory(folders.places, 1);
  inventory.scan();
  CHECK(inventory.labelled() == 1);
  const auto revision = inventory.revision();
  folders.label("b.json", "DOG");
  inventory.update({{}, {"b.json"}, false});
  CHECK(inventory.labelled() == 2);
  CHECK(inventory.revision() > revision);
  folders.frame("c.png");
  folders.label("c.json", "DOG");
  inventory.update({{"c.png"}, {}, false});
  CHECK(inventory.by_class() == std::vector<std::int64_t>{1, 2});
  std::filesystem::remove(folders.places.annotations_dir / "a.json");
  inventory.update({{}, {"a.json"}, false});
  CHECK(inventory.labelled() == 2);
  std::filesystem::remove(folders.places.frames_dir / "b.png");
  folders.label("orphan.json", "CAT");
  inventory.update({{"b.png"}, {"orphan.json"}, false});
  CHECK(inventory.labelled() == 1);
  LabelInventory fresh(folders.places, 1);
  fresh.scan();
  CHECK(fresh.entries() == inventory.entries());
}

TEST_CASE("a written label ends the wait of a watcher", "[orchestrate]") {
  const LabelFolders folders;
  FolderEvents events(folders.places.frames_dir, folders.places.annotations_dir);
  CHECK(events.wait(0ms, {}).empty());
  folders.label("a.json", "CAT");
  const FolderNews news = events.wait(5s, {});
  CHECK(news.annotations == std::set<std::string>{"a.json"});
  folders.frame("a.png");
  CHECK(events.wait(5s, {}).frames == std::set<std::string>{"a.png"});
  std::stop_source stop;
  stop.request_stop();
  CHECK(events.wait(1h, stop.get_token()).empty());
}

TEST_CASE("a folder that is moved away is not heard of, the one in its place is", "[orchestrate]") {
  const LabelFolders folders;
  const std::filesystem::path annotations = folders.places.annotations_dir;
  const std::filesystem::path away = annotations.parent_path() / "away";
  FolderEvents events(folders.places.frames_dir, annotations);
  CHECK(events.wait(0ms, {}).empty());
  std::filesystem::rename(annotations, away);
  CHECK(events.wait(5s, {}).everything);
  write_file_atomic(away / "old.json", "{}");
  CHECK(events.wait(0ms, {}).empty());
  create_folders(annotations);
  CHECK(events.wait(0ms, {}).everything);
  folders.label("new.json", "CAT");
  CHECK(events.wait(5s, {}).annotations == std::set<std::string>{"new.json"});
}

TEST_CASE("a folder that comes later is listened to", "[orchestrate]") {
  const TemporaryFolder folder;
  FolderEvents events(folder / "frames", folder / "annotations");
  CHECK(events.wait(0ms, {}).empty());
  create_folders(folder / "frames");
  create_folders(folder / "annotations");
  CHECK(events.wait(0ms, {}).everything);
  write_file_atomic(folder / "annotations" / "a.json", "{}");
  CHECK(events.wait(5s, {}).annotations.contains("a.json"));
}

}  // namespace
}  // namespace animalctl::orchestrate
