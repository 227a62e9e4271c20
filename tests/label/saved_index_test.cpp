#include "label/saved_index.h"

#include <filesystem>
#include <string>

#include "animalctl/base/file.h"
#include "label/store_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;
using test::require_error;
using test::StoreFixture;
using Values = std::vector<std::pair<std::string, double>>;

class SavedStore : public StoreFixture {
 public:
  SavedStore() {
    options.index_file = folder / "index.bin";
    for (const char* name : {"a.jpg", "a.png", "b.jpg", "c.jpg", "d.jpg"}) add_frame(name);
  }
  // Only the saved index keeps drift values, so they tell whether it was used.
  bool was_used() {
    ItemQuery query;
    query.order = ItemOrder::Drifted;
    return names(query).front() == "d.jpg";
  }
  void fill() {
    open();
    label("a.jpg", "DOG");
    label("a.png", "CAT", "ben");
    act("b.jpg", Action::Reject);
    act("c.jpg", Action::Skip);
    store().remember_predictions(std::vector<std::pair<std::string, Prediction>>{{"d.jpg", {"DOG", 0.75, 3}}});
    store().set_drift(Values{{"d.jpg", 3.0}});
    store().set_suspicion(Values{{"c.jpg", 2.0}});
    close();
  }
};

TEST_CASE("a restart from the saved index knows everything it knew before", "[label][index]") {
  SavedStore at;
  at.fill();
  for (int round = 0; round < 2; ++round) {
    at.open();
    CHECK(at.was_used());
    CHECK(at.item("a.jpg").label == "DOG");
    CHECK(at.item("a.png").label == "CAT");
    CHECK(at.item("a.png").annotator == "ben");
    CHECK(at.item("a.png").labelled_at == at.now);
    CHECK(at.item("b.jpg").state == ItemState::Rejected);
    CHECK(at.item("c.jpg").state == ItemState::Skipped);
    CHECK(at.item("c.jpg").revision == 1);
    CHECK(at.item("d.jpg").prediction == Prediction{"DOG", 0.75, 3});
    CHECK(at.item("d.jpg").bytes == 5);
    CHECK(at.store().unlabelled_names() == std::vector<std::string>{"d.jpg"});
    ItemQuery query;
    query.order = ItemOrder::Suspect;
    CHECK(at.names(query).front() == "c.jpg");
    CHECK(at.store().progress().labelled == 2);
  }
  CHECK(at.act("b.jpg", Action::Restore).status == ChangeStatus::Done);
  CHECK(at.label("a.jpg", "CAT").item->revision == 2);
  CHECK(test::contains(at.annotation("a.jpg.json"), "CAT"));
  CHECK(test::contains(at.annotation("a.json"), "CAT"));
}

TEST_CASE("each of many images is known by its name and its annotation after a start from the index",
          "[label][index]") {
  SavedStore at;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    const std::string stem = "frame " + std::to_string(i);
    names.push_back(stem + ".jpg");
    if (i % 3 == 0) names.push_back(stem + ".png");
  }
  const std::string long_stem(240, 'l');
  for (const std::string& name : {long_stem + ".jpg", long_stem + "llllll.webp", long_stem + "llllll.jpeg"})
    names.push_back(name);
  for (const std::string& name : names) at.add_frame(name);
  at.fill();
  at.open();
  for (const std::string& name : names) REQUIRE(at.label(name, "CAT").status == ChangeStatus::Done);
  at.act("frame 3.png", Action::Reject);
  at.act("frame 6.jpg", Action::Reject);
  at.close();
  at.open();
  REQUIRE(at.was_used());
  at.add_frame("frame 1.png");
  for (const std::string& name : names) {
    INFO(name);
    const bool rejected = name == "frame 3.png" || name == "frame 6.jpg";
    CHECK(at.item(name).state == (rejected ? ItemState::Rejected : ItemState::Labelled));
    if (!rejected) CHECK(at.label(name, "DOG").item->revision == 2);
  }
  // Where two share a stem, the file of the one that is not the PNG has the qualified name, and keeps it.
  for (const char* file : {"frame 0.json", "frame 0.jpg.json", "frame 3.jpg.json", "frame 6.json"}) {
    INFO(file);
    CHECK(test::contains(at.annotation(file), "DOG"));
  }
  for (const char* file : {"frame 3.json", "frame 6.jpg.json"}) CHECK(at.annotation(file).empty());
  // The folders say the same.
  fs::remove(at.options.index_file);
  at.open();
  for (const std::string& name : names) {
    const bool rejected = name == "frame 3.png" || name == "frame 6.jpg";
    if (!rejected) CHECK(at.item(name).label == "DOG");
  }
}

TEST_CASE("what happened since the index was saved is found, in the history and in the folders", "[label][index]") {
  SavedStore at;
  at.fill();
  const std::string old_index = read_text_file(at.options.index_file);
  at.open();
  at.label("a.jpg", "CAT");
  at.label("c.jpg", "DOG");
  at.act("d.jpg", Action::Reject);
  at.act("b.jpg", Action::Restore);
  at.store().remember_predictions(std::vector<std::pair<std::string, Prediction>>{{"c.jpg", {"CAT", 0.25, 4}}});
  at.close();
  write_file_atomic(at.options.index_file, old_index);
  at.add_frame("new.jpg");
  at.add_frame("a.png", "longer");
  at.write_annotation("c.json", R"({"label": "CAT", "source": "manual"})");
  at.write_annotation("new.json", R"({"label": "CAT"})");
  at.open();
  CHECK(at.item("a.jpg").label == "CAT");
  CHECK(at.item("a.jpg").revision == 2);
  CHECK(at.item("c.jpg").label == "CAT");
  CHECK(at.item("c.jpg").revision == 3);
  CHECK(at.store().history_of("c.jpg").front().origin == Origin::File);
  CHECK(at.item("c.jpg").prediction == Prediction{"CAT", 0.25, 4});
  CHECK(at.item("d.jpg").state == ItemState::Rejected);
  CHECK(at.item("b.jpg").state == ItemState::Unlabelled);
  CHECK(at.item("new.jpg").label == "CAT");
  CHECK(at.item("a.png").bytes == 6);
  fs::remove(at.options.frames_dir / "a.png");
  fs::remove(at.options.annotations_dir / "c.json");
  at.open();
  CHECK_FALSE(at.store().find("a.png"));
  CHECK(at.item("c.jpg").state == ItemState::Unlabelled);
  CHECK(at.item("a.jpg").label == "CAT");
}

TEST_CASE("a saved index that is damaged, older than its form or of another workspace is not used", "[label][index]") {
  SavedStore at;
  at.fill();
  const std::string good = read_text_file(at.options.index_file);
  const auto opens_without = [&](const std::string& bytes) {
    write_file_atomic(at.options.index_file, bytes);
    at.open();
    const bool used = at.was_used();
    CHECK(at.item("a.jpg").label == "DOG");
    CHECK(at.item("b.jpg").state == ItemState::Rejected);
    at.close();
    return !used;
  };
  CHECK(opens_without(""));
  CHECK(opens_without(good.substr(0, good.size() - 1)));
  for (std::size_t place = 0; place < good.size(); place += good.size() / 7) {
    std::string bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x10);
    CHECK(opens_without(bad));
  }
  CHECK_FALSE(opens_without(good));
  at.options.database = "sqlite:" + (at.folder / "other.db").string();
  write_file_atomic(at.options.index_file, good);
  at.open();
  CHECK_FALSE(at.was_used());
  CHECK(at.item("a.jpg").label == "DOG");
}

TEST_CASE("whatever part of a saved index is missing, reading it says so and puts nothing in", "[label][index]") {
  SavedStore at;
  at.fill();
  const std::string good = read_text_file(at.options.index_file);
  for (std::size_t size = 0; size < good.size(); ++size) {
    StoreState state{ClassList{"CAT", "DOG"}};
    require_error(ErrorCode::DataLoss, "saved index",
                  [&] { load_index(as_byte_span(good.substr(0, size)), {}, state); });
    CHECK(state.table.size() == 0);
  }
  StoreState state{ClassList{"CAT", "DOG"}};
  require_error(ErrorCode::FailedPrecondition, "belongs to other", [&] { load_index(as_byte_span(good), {}, state); });
}

}  // namespace
}  // namespace animalctl::label
