#include "animalctl/label/label_store.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "label/store_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::label {
namespace {

using test::StoreFixture;
using Names = std::vector<std::string>;

TEST_CASE("a label is in the annotation file, the item and the history", "[label]") {
  StoreFixture at;
  at.add_frame("cat.1.jpg");
  at.add_frame("dog.1.jpg");
  LabelStore& store = at.open();
  CHECK(store.unlabelled_names() == Names{"cat.1.jpg", "dog.1.jpg"});

  Change change;
  change.name = "cat.1.jpg";
  change.label = "cat";
  change.annotator = "anna";
  change.shown = Prediction{"DOG", 0.93, 2};
  change.milliseconds = 812;
  const ChangeOutcome outcome = at.change(change);
  REQUIRE(outcome.status == ChangeStatus::Done);
  CHECK(outcome.item->label == "CAT");
  CHECK(outcome.item->source == "manual");
  CHECK(outcome.item->revision == 1);
  CHECK(at.annotation("cat.1.json") == R"({"label": "CAT", "source": "manual", "score": 0.93, "version": 2})");
  CHECK(store.unlabelled_names() == Names{"dog.1.jpg"});

  const std::vector<Event> events = store.history_of("cat.1.jpg");
  REQUIRE(events.size() == 1);
  CHECK(events[0].annotator == "anna");
  CHECK(events[0].at == at.now);
  CHECK(events[0].label == "CAT");
  CHECK(events[0].state_before == ItemState::Unlabelled);
  CHECK(events[0].shown == change.shown);
  CHECK(events[0].milliseconds == 812U);
}

TEST_CASE("a suggestion that is kept makes the source auto, one that was withheld does not", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) at.add_frame(name);
  LabelStore& store = at.open();
  Change change;
  change.label = "DOG";
  change.shown = Prediction{"dog", 0.9, 0};
  change.name = "a.jpg";
  CHECK(at.change(change).item->source == "auto");
  CHECK(at.annotation("a.json") == R"({"label": "DOG", "source": "auto", "score": 0.9, "version": 0})");
  change.name = "b.jpg";
  change.blind = true;
  CHECK(at.change(change).item->source == "manual");
  store.remember_predictions(std::vector<std::pair<std::string, Prediction>>{{"c.jpg", {"DOG", 0.8, 3}}});
  change.name = "c.jpg";
  change.shown.reset();
  const ChangeOutcome withheld = at.change(change);
  CHECK(withheld.item->source == "manual");
  CHECK(withheld.item->version == 3);
  const Progress progress = store.progress();
  CHECK(progress.shown.labels == 1);
  CHECK(progress.blind.labels == 2);
  CHECK(progress.blind.agree == 2);
}

TEST_CASE("an old revision is a conflict with the item as it is", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg");
  at.open();
  Change change;
  change.name = "a.jpg";
  change.revision = 0;
  change.label = "CAT";
  change.annotator = "anna";
  CHECK(at.change(change).status == ChangeStatus::Done);
  change.label = "DOG";
  change.annotator = "ben";
  const ChangeOutcome late = at.change(change);
  CHECK(late.status == ChangeStatus::Conflict);
  CHECK(late.item->label == "CAT");
  CHECK(late.item->annotator == "anna");
  CHECK(at.store().history_of("a.jpg").size() == 1);
  change.revision = 1;
  CHECK(at.change(change).status == ChangeStatus::Done);
}

TEST_CASE("a key is answered as it was the first time, also after a restart", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg");
  at.open();
  Change change;
  change.key = "key-00001";
  change.name = "a.jpg";
  change.label = "CAT";
  change.annotator = "anna";
  change.revision = 0;
  CHECK(at.change(change).item->revision == 1);
  at.label("a.jpg", "DOG", "ben");
  for (int round = 0; round < 2; ++round) {
    const ChangeOutcome again = at.change(change);
    CHECK(again.status == ChangeStatus::Done);
    CHECK(again.item->label == "CAT");
    CHECK(again.item->revision == 1);
    CHECK(at.item("a.jpg").label == "DOG");
    at.open();
  }
  change.key = "key-00002";
  CHECK(at.change(change).status == ChangeStatus::Conflict);
  change.revision.reset();
  CHECK(at.change(change).status == ChangeStatus::Conflict);
  CHECK(at.store().history_of("a.jpg").size() == 2);
}

TEST_CASE("what cannot be done is refused with a reason", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg");
  at.open();
  const ChangeOutcome unknown = at.label("a.jpg", "BIRD");
  CHECK(unknown.status == ChangeStatus::Refused);
  CHECK(test::contains(unknown.message, "CAT, DOG"));
  CHECK(at.label("b.jpg", "CAT").status == ChangeStatus::NotFound);
  CHECK(at.label("../a.jpg", "CAT").status == ChangeStatus::NotFound);
  CHECK(at.act("a.jpg", Action::Restore).status == ChangeStatus::Refused);
  Change change;
  change.name = "a.jpg";
  change.label = "CAT";
  for (const char* key : {"short", "with space", "slash/slash"}) {
    change.key = key;
    CHECK(at.change(change).status == ChangeStatus::Refused);
  }
  CHECK(at.store().history_of("a.jpg").empty());
  CHECK(at.act("a.jpg", Action::Reject).status == ChangeStatus::Done);
  CHECK(at.act("a.jpg", Action::Reject).status == ChangeStatus::Refused);
}

TEST_CASE("a rejected image lies in the trash with its annotation and comes back with its label", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg", "the image");
  at.open();
  at.label("a.jpg", "DOG");
  const ChangeOutcome rejected = at.act("a.jpg", Action::Reject, "ben");
  CHECK(rejected.item->state == ItemState::Rejected);
  CHECK_FALSE(at.has("frames/a.jpg"));
  CHECK(at.has("trash/frames/a.jpg"));
  CHECK(at.annotation("a.json").empty());
  CHECK(at.has("trash/annotations/a.json"));
  CHECK(at.store().unlabelled_names().empty());
  CHECK(at.store().page({}).total == 0);
  at.open();
  CHECK(at.item("a.jpg").state == ItemState::Rejected);
  const LabelStore::OpenFile file = at.store().open_image("a.jpg");
  CHECK(file.bytes == 9);
  ::close(file.descriptor);
  const ChangeOutcome restored = at.act("a.jpg", Action::Restore);
  CHECK(restored.item->state == ItemState::Labelled);
  CHECK(restored.item->label == "DOG");
  CHECK(restored.item->annotator == "anna");
  CHECK(at.has("frames/a.jpg"));
  CHECK(test::contains(at.annotation("a.json"), "DOG"));
}

TEST_CASE("an image whose name was taken meanwhile stays in the trash whole", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg", "the first");
  at.add_frame("gone.jpg");
  at.open();
  at.label("a.jpg", "DOG");
  at.act("a.jpg", Action::Reject);
  at.add_frame("a.jpg", "another image");
  const ChangeOutcome refused = at.act("a.jpg", Action::Restore);
  CHECK(refused.status == ChangeStatus::Refused);
  CHECK(test::contains(refused.message, "another file has its name"));
  CHECK(at.item("a.jpg").state == ItemState::Rejected);
  CHECK(at.store().history_of("a.jpg").size() == 2);
  CHECK(at.undo().outcome.status == ChangeStatus::Refused);
  CHECK(at.has("trash/frames/a.jpg"));
  CHECK(at.content("frames/a.jpg") == "another image");
  CHECK(at.annotation("a.json").empty());

  std::filesystem::rename(at.options.frames_dir / "a.jpg", at.options.frames_dir / "b.jpg");
  CHECK(at.act("a.jpg", Action::Restore).item->label == "DOG");
  CHECK(at.content("frames/a.jpg") == "the first");
  CHECK_FALSE(at.has("trash/frames/a.jpg"));
  CHECK(test::contains(at.annotation("a.json"), "DOG"));

  at.act("gone.jpg", Action::Reject);
  std::filesystem::remove(at.options.trash_dir / "frames" / "gone.jpg");
  CHECK(at.act("gone.jpg", Action::Restore).status == ChangeStatus::Refused);
  CHECK(at.item("gone.jpg").state == ItemState::Rejected);
}

TEST_CASE("a restoring that was cut off is taken back or finished at the next start", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg", "the image");
  at.open();
  at.label("a.jpg", "DOG");
  at.act("a.jpg", Action::Reject);
  at.close();
  // Killed before the history had it: the image has both names.
  std::filesystem::create_hard_link(at.options.trash_dir / "frames" / "a.jpg", at.options.frames_dir / "a.jpg");
  at.open();
  CHECK(at.item("a.jpg").state == ItemState::Rejected);
  CHECK_FALSE(at.has("frames/a.jpg"));
  CHECK(at.has("trash/frames/a.jpg"));
  CHECK(at.store().history_of("a.jpg").size() == 2);
  CHECK(at.act("a.jpg", Action::Restore).item->label == "DOG");
  CHECK(at.has("frames/a.jpg"));
}

TEST_CASE("changes of one call may reject and restore the same image, and images with clashing trash names",
          "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg", "one");
  at.add_frame("a-2.jpg", "two");
  at.open();
  at.act("a.jpg", Action::Reject);
  at.add_frame("a.jpg", "three");
  at.open();
  REQUIRE(at.item("a.jpg").state == ItemState::Unlabelled);
  std::vector<Change> changes;
  for (const auto& [name, action] : std::vector<std::pair<const char*, Action>>{{"a.jpg", Action::Reject},
                                                                                {"a-2.jpg", Action::Reject},
                                                                                {"a.jpg", Action::Restore},
                                                                                {"a.jpg", Action::Reject}}) {
    Change change;
    change.name = name;
    change.action = action;
    changes.push_back(change);
  }
  for (const ChangeOutcome& outcome : at.store().submit(changes).get()) CHECK(outcome.status == ChangeStatus::Done);
  at.open();
  CHECK(at.act("a-2.jpg", Action::Restore).status == ChangeStatus::Done);
  CHECK(at.act("a.jpg", Action::Restore).status == ChangeStatus::Done);
  CHECK(at.content("frames/a.jpg") == "three");
  CHECK(at.content("frames/a-2.jpg") == "two");
}

TEST_CASE("undo takes back a person's changes one after the other, across restarts", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) at.add_frame(name);
  at.open();
  at.label("a.jpg", "CAT");
  at.label("a.jpg", "DOG");
  at.act("b.jpg", Action::Skip);
  at.act("c.jpg", Action::Reject);
  at.label("b.jpg", "CAT", "ben");
  at.open();
  LabelStore::UndoOutcome undone = at.undo();
  CHECK(undone.undone->action == Action::Reject);
  CHECK(at.has("frames/c.jpg"));
  CHECK(at.item("c.jpg").state == ItemState::Unlabelled);
  // Ben has labelled b.jpg since: said once, then passed over.
  undone = at.undo();
  CHECK(undone.outcome.status == ChangeStatus::Conflict);
  CHECK(undone.outcome.item->annotator == "ben");
  undone = at.undo("anna", "undo-key-1");
  CHECK(undone.outcome.item->label == "CAT");
  CHECK(test::contains(at.annotation("a.json"), "CAT"));
  CHECK(at.undo("anna", "undo-key-1").outcome.item->label == "CAT");
  at.open();
  CHECK(at.undo("anna", "undo-key-1").undone->label == "DOG");
  (void)at.undo();  // the conflict, told again after the restart
  undone = at.undo();
  CHECK(undone.outcome.item->state == ItemState::Unlabelled);
  CHECK(at.annotation("a.json").empty());
  CHECK(at.undo().outcome.status == ChangeStatus::NotFound);
  CHECK(at.undo("ben").outcome.item->state == ItemState::Skipped);
  CHECK(at.undo("anna", "bad key").outcome.status == ChangeStatus::Refused);
  CHECK(at.store().history_of("a.jpg").size() == 4);
}

TEST_CASE("annotations that were there before are read, garbled ones count as unlabelled", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) at.add_frame(name);
  at.write_annotation("a.json", R"({"label": "dog", "source": "auto", "score": 0.7, "version": 4})");
  at.write_annotation("b.json", "{");
  at.write_annotation("elsewhere.json", R"({"label": "CAT"})");
  at.open();
  const Item item = at.item("a.jpg");
  CHECK(item.label == "DOG");
  CHECK(item.version == 4);
  CHECK(item.revision == 0);
  CHECK(item.annotator.empty());
  CHECK(at.store().unlabelled_names() == Names{"b.jpg", "c.jpg"});
}

TEST_CASE("what other programs did while no server ran is in the history", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) at.add_frame(name);
  at.open();
  at.label("a.jpg", "CAT");
  at.label("b.jpg", "CAT");
  at.close();
  at.write_annotation("a.json", R"({"label": "DOG"})");
  std::filesystem::remove(at.options.annotations_dir / "b.json");
  std::filesystem::remove(at.options.frames_dir / "c.jpg");
  at.open();
  CHECK(at.item("a.jpg").label == "DOG");
  CHECK(at.item("a.jpg").revision == 2);
  CHECK(at.item("b.jpg").state == ItemState::Unlabelled);
  CHECK_FALSE(at.store().find("c.jpg"));
  const std::vector<Event> events = at.store().history_of("a.jpg");
  REQUIRE(events.size() == 2);
  CHECK(events[0].origin == Origin::File);
  CHECK(events[0].label_before == "CAT");
}

TEST_CASE("tabs learn what changed since they looked", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg"}) at.add_frame(name);
  LabelStore& store = at.open();
  const std::uint64_t start = store.sequence();
  CHECK(start < std::uint64_t{1} << 53);
  at.label("a.jpg", "CAT");
  at.label("b.jpg", "CAT");
  at.label("a.jpg", "DOG");
  LabelStore::Changes changes = store.changes_since(start, 1);
  REQUIRE(changes.items.size() == 1);
  CHECK(changes.items[0].name == "b.jpg");
  CHECK(changes.more);
  changes = store.changes_since(changes.sequence, 10);
  REQUIRE(changes.items.size() == 1);
  CHECK(changes.items[0].label == "DOG");
  CHECK_FALSE(changes.more);
  CHECK(store.changes_since(changes.sequence, 10).items.empty());
  CHECK(store.changes_since(start - 1, 10).forgotten);
  CHECK(store.changes_since(changes.sequence + 1, 10).forgotten);
}

TEST_CASE("agreement is Cohen's kappa of the newest labels of two people", "[label]") {
  StoreFixture at;
  for (int i = 0; i < 4; ++i) at.add_frame("f" + std::to_string(i) + ".jpg");
  at.open();
  const char* anna[] = {"CAT", "CAT", "DOG", "DOG"};
  const char* ben[] = {"CAT", "DOG", "DOG", "DOG"};
  for (int i = 0; i < 4; ++i) {
    const std::string name = "f" + std::to_string(i) + ".jpg";
    at.label(name, anna[i], "anna");
    at.label(name, ben[i], "ben");
  }
  const std::vector<Agreement> pairs = at.store().agreement();
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].first == "anna");
  CHECK(pairs[0].items == 4);
  CHECK(pairs[0].agree == 3);
  CHECK(*pairs[0].kappa == Approx(0.5));
}

TEST_CASE("progress counts states, classes, sources, people and pace", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"}) at.add_frame(name);
  at.open();
  Change change;
  change.label = "CAT";
  change.annotator = "anna";
  change.name = "a.jpg";
  change.milliseconds = 1000;
  at.change(change);
  change.name = "b.jpg";
  change.label = "DOG";
  change.milliseconds = 3000;
  at.change(change);
  at.act("c.jpg", Action::Skip);
  at.act("d.jpg", Action::Reject);
  for (int round = 0; round < 2; ++round) {
    const Progress progress = at.store().progress();
    CHECK(progress.total == 4);
    CHECK(progress.unlabelled == 1);
    CHECK(progress.labelled == 2);
    CHECK(progress.skipped == 1);
    CHECK(progress.rejected == 1);
    CHECK(progress.by_label.at("DOG") == 1);
    CHECK(progress.by_source.at("manual") == 2);
    CHECK(progress.by_annotator.at("anna") == 2);
    CHECK(progress.labels_last_hour == 2);
    CHECK(*progress.seconds_per_label == Approx(2.0));
    at.open();
  }
  at.now += std::chrono::hours(2);
  CHECK(at.store().progress().labels_last_hour == 0);
}

}  // namespace
}  // namespace animalctl::label
