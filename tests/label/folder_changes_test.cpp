#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "animalctl/base/file.h"
#include "label/store_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;
using test::StoreFixture;

class WatchedStore : public StoreFixture {
 public:
  WatchedStore() { options.watch = true; }

  // Waits, asking the change feed, until `holds` is true; false after a long time.
  template <typename Condition>
  bool soon(const Condition& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      if (holds()) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_CASE("frames that other programs add, change and remove are in the index soon", "[label][watch]") {
  WatchedStore at;
  at.add_frame("a.jpg");
  LabelStore& store = at.open();
  const std::uint64_t start = store.sequence();
  at.add_frame("b.jpg");
  REQUIRE(at.soon([&] { return store.find("b.jpg").has_value(); }));
  CHECK(store.changes_since(start, 10).items.at(0).name == "b.jpg");
  at.add_frame("a.jpg", "longer than before");
  REQUIRE(at.soon([&] { return store.find("a.jpg")->bytes == 18; }));
  fs::rename(at.options.frames_dir / "b.jpg", at.options.frames_dir / "c.jpg");
  REQUIRE(at.soon([&] { return store.find("c.jpg") && !store.find("b.jpg"); }));
  fs::create_symlink("c.jpg", at.options.frames_dir / "link.jpg");
  REQUIRE(at.soon([&] { return store.find("link.jpg").has_value(); }));
  fs::remove(at.options.frames_dir / "link.jpg");
  fs::remove(at.options.frames_dir / "c.jpg");
  REQUIRE(at.soon([&] { return store.unlabelled_names() == std::vector<std::string>{"a.jpg"}; }));
}

TEST_CASE("a label that another program writes is in the item, the history and the change feed", "[label][watch]") {
  WatchedStore at;
  for (const char* name : {"a.jpg", "b.jpg"}) at.add_frame(name);
  LabelStore& store = at.open();
  at.label("a.jpg", "CAT");
  const std::uint64_t start = store.sequence();
  at.write_annotation("a.json", R"({"label": "dog", "source": "manual"})");
  REQUIRE(at.soon([&] { return store.find("a.jpg")->label == "DOG"; }));
  CHECK(at.item("a.jpg").revision == 2);
  CHECK(store.changes_since(start, 10).items.at(0).label == "DOG");
  const std::vector<Event> events = store.history_of("a.jpg");
  REQUIRE(events.size() == 2);
  CHECK(events[0].origin == Origin::File);
  CHECK(events[0].label_before == "CAT");
  fs::remove(at.options.annotations_dir / "a.json");
  REQUIRE(at.soon([&] { return store.find("a.jpg")->state == ItemState::Unlabelled; }));
  // One that the history does not know yet, and one that nobody can read.
  at.write_annotation("b.json", R"({"label": "CAT"})");
  REQUIRE(at.soon([&] { return store.find("b.jpg")->label == "CAT"; }));
  at.write_annotation("b.json", "{");
  REQUIRE(at.soon([&] { return test::contains(at.annotation("b.json"), "CAT"); }));
  CHECK(at.item("b.jpg").revision == 1);
}

TEST_CASE("a frame that comes with its annotation is labelled at once, one that comes back has its label",
          "[label][watch]") {
  WatchedStore at;
  at.add_frame("a.jpg");
  LabelStore& store = at.open();
  at.write_annotation("b.json", R"({"label": "DOG", "source": "auto"})");
  at.add_frame("b.jpg");
  REQUIRE(at.soon([&] { return store.find("b.jpg").has_value(); }));
  CHECK(at.item("b.jpg").label == "DOG");
  at.label("a.jpg", "CAT", "anna");
  fs::rename(at.options.frames_dir / "a.jpg", at.folder / "away.jpg");
  REQUIRE(at.soon([&] { return !store.find("a.jpg"); }));
  fs::rename(at.folder / "away.jpg", at.options.frames_dir / "a.jpg");
  REQUIRE(at.soon([&] { return store.find("a.jpg").has_value(); }));
  CHECK(at.item("a.jpg").label == "CAT");
  CHECK(at.item("a.jpg").annotator == "anna");
  CHECK(at.item("a.jpg").revision == 1);
}

TEST_CASE("a new frame with the name of a rejected one is a new image, the rejected one gets another name",
          "[label][watch]") {
  WatchedStore at;
  at.add_frame("a.jpg", "the first");
  LabelStore& store = at.open();
  at.label("a.jpg", "DOG");
  at.act("a.jpg", Action::Reject);
  at.add_frame("a.jpg", "another");
  REQUIRE(at.soon([&] { return store.find("a-2.jpg").has_value(); }));
  CHECK(at.item("a.jpg").state == ItemState::Unlabelled);
  CHECK(at.item("a-2.jpg").state == ItemState::Rejected);
  for (int round = 0; round < 2; ++round) {
    if (round == 1) {
      CHECK(at.act("a-2.jpg", Action::Restore).item->label == "DOG");
      CHECK(at.content("frames/a-2.jpg") == "the first");
      CHECK(at.content("frames/a.jpg") == "another");
    }
    at.open();
    CHECK(at.item("a.jpg").state == ItemState::Unlabelled);
    CHECK(at.item("a.jpg").revision == 3);
  }
}

TEST_CASE("images that are moved into the trash or out of it by hand are rejected or restored", "[label][watch]") {
  WatchedStore at;
  for (const char* name : {"a.jpg", "b.jpg"}) at.add_frame(name);
  LabelStore& store = at.open();
  at.label("a.jpg", "DOG");
  fs::rename(at.options.frames_dir / "a.jpg", at.options.trash_dir / "frames" / "a.jpg");
  REQUIRE(at.soon([&] {
    const auto item = store.find("a.jpg");
    return item && item->state == ItemState::Rejected;
  }));
  CHECK(at.item("a.jpg").revision == 2);
  fs::rename(at.options.trash_dir / "frames" / "a.jpg", at.options.frames_dir / "a.jpg");
  REQUIRE(at.soon([&] { return store.find("a.jpg") && store.find("a.jpg")->state == ItemState::Labelled; }));
  CHECK(at.item("a.jpg").label == "DOG");
  at.act("b.jpg", Action::Reject);
  fs::remove(at.options.trash_dir / "frames" / "b.jpg");
  REQUIRE(at.soon([&] { return !store.find("b.jpg"); }));
}

TEST_CASE("a frames folder that another one replaces is taken up, and listened to", "[label][watch]") {
  WatchedStore at;
  for (const char* name : {"a.jpg", "b.jpg"}) at.add_frame(name);
  LabelStore& store = at.open();
  at.label("a.jpg", "DOG");
  at.label("b.jpg", "CAT");
  fs::create_directories(at.folder / "other");
  write_file_atomic(at.folder / "other" / "a.jpg", "image");
  write_file_atomic(at.folder / "other" / "c.jpg", "new");
  fs::rename(at.options.frames_dir, at.folder / "before");
  fs::rename(at.folder / "other", at.options.frames_dir);
  REQUIRE(at.soon([&] { return store.find("c.jpg") && !store.find("b.jpg"); }));
  CHECK(at.item("a.jpg").label == "DOG");
  // What is read and rejected lies in the new folder.
  const LabelStore::OpenFile file = store.open_image("c.jpg");
  ::close(file.descriptor);
  CHECK(at.act("c.jpg", Action::Reject).status == ChangeStatus::Done);
  CHECK_FALSE(at.has("frames/c.jpg"));
  CHECK(at.content("trash/frames/c.jpg") == "new");
  at.add_frame("d.jpg");
  REQUIRE(at.soon([&] { return store.find("d.jpg").has_value(); }));
  CHECK(at.label("d.jpg", "CAT").status == ChangeStatus::Done);
}

TEST_CASE("while a folder is away no label is promised, and when it is back saving goes on", "[label][watch]") {
  WatchedStore at;
  at.add_frame("a.jpg");
  at.open();
  at.label("a.jpg", "DOG");
  fs::rename(at.options.annotations_dir, at.folder / "elsewhere");
  ChangeOutcome outcome;
  REQUIRE(at.soon([&] {
    outcome = at.label("a.jpg", "CAT");
    return outcome.status == ChangeStatus::Unavailable;
  }));
  CHECK(test::contains(outcome.message, "put the folder back"));
  const std::uint64_t revision = at.item("a.jpg").revision;
  fs::rename(at.folder / "elsewhere", at.options.annotations_dir);
  REQUIRE(at.soon([&] { return at.label("a.jpg", "DOG").status == ChangeStatus::Done; }));
  CHECK(at.item("a.jpg").revision == revision + 1);
  CHECK(test::contains(at.annotation("a.json"), "DOG"));
}

TEST_CASE("an image that shares its stem keeps its own annotation when the other one comes and goes",
          "[label][watch]") {
  WatchedStore at;
  at.add_frame("a.jpg");
  LabelStore& store = at.open();
  at.label("a.jpg", "DOG");
  at.add_frame("a.png");
  REQUIRE(at.soon([&] { return store.find("a.png").has_value(); }));
  CHECK(at.item("a.png").state == ItemState::Unlabelled);
  at.label("a.png", "CAT");
  CHECK(test::contains(at.annotation("a.json"), "CAT"));
  CHECK(test::contains(at.annotation("a.jpg.json"), "DOG"));
  fs::remove(at.options.frames_dir / "a.png");
  REQUIRE(at.soon([&] { return !store.find("a.png"); }));
  CHECK(at.item("a.jpg").label == "DOG");
  at.label("a.jpg", "CAT");
  CHECK(test::contains(at.annotation("a.jpg.json"), "CAT"));
  at.open();
  CHECK(at.item("a.jpg").label == "CAT");
  CHECK(at.item("a.jpg").revision == 2);
}

}  // namespace
}  // namespace animalctl::label
