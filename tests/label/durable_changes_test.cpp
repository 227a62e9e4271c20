// What the store promises when calls are repeated, when several write, and when the disk is full.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <thread>

#include "animalctl/base/random.h"
#include "label/store_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;
using test::StoreFixture;

Change change_of(std::string name, Action action, std::string label, std::string key) {
  Change change;
  change.name = std::move(name);
  change.action = action;
  change.label = std::move(label);
  change.annotator = "anna";
  change.key = std::move(key);
  return change;
}

void check_same(const std::vector<ChangeOutcome>& again, const std::vector<ChangeOutcome>& first) {
  REQUIRE(again.size() == first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    INFO("change " << i);
    CHECK(again[i].status == first[i].status);
    CHECK(again[i].message == first[i].message);
    REQUIRE(again[i].item.has_value() == first[i].item.has_value());
    if (!first[i].item) continue;
    CHECK(again[i].item->name == first[i].item->name);
    CHECK(again[i].item->revision == first[i].item->revision);
    CHECK(again[i].item->state == first[i].item->state);
    CHECK(again[i].item->label == first[i].item->label);
  }
}

// Files may grow to so many bytes and no further while it lives: a write beyond fails as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit lowered{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &lowered) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_CASE("a group that is sent again is answered as it was the first time, each change by its key", "[label]") {
  StoreFixture at;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) at.add_frame(name);
  at.open();
  std::vector<Change> group = {
      change_of("a.jpg", Action::Label, "CAT", "key-0001"),  change_of("b.jpg", Action::Reject, "", "key-0002"),
      change_of("b.jpg", Action::Restore, "", "key-0003"),   change_of("nowhere.jpg", Action::Label, "CAT", "key-0004"),
      change_of("a.jpg", Action::Label, "BIRD", "key-0005"), change_of("c.jpg", Action::Label, "DOG", "key-0006")};
  group.back().revision = 7;
  const std::vector<ChangeOutcome> first = at.store().submit(group).get();
  CHECK(first[0].status == ChangeStatus::Done);
  CHECK(first[1].status == ChangeStatus::Done);
  CHECK(first[2].status == ChangeStatus::Done);
  CHECK(first[3].status == ChangeStatus::NotFound);
  CHECK(first[4].status == ChangeStatus::Refused);
  CHECK(first[5].status == ChangeStatus::Conflict);
  const std::size_t events = at.store().history("", std::nullopt, 100).size();
  CHECK(events == 3);
  at.label("a.jpg", "DOG", "ben");
  at.add_frame("nowhere.jpg");
  for (int round = 0; round < 2; ++round) {
    check_same(at.store().submit(group).get(), first);
    CHECK(at.store().history("", std::nullopt, 100).size() == events + 1);
    CHECK(at.item("a.jpg").label == "DOG");
    CHECK(at.item("b.jpg").revision == 2);
    at.open();
  }
}

TEST_CASE("one key twice in one group is one change, also of an undo", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg");
  at.open();
  const std::vector<ChangeOutcome> outcomes = at.store()
                                                  .submit({change_of("a.jpg", Action::Label, "CAT", "key-0001"),
                                                           change_of("a.jpg", Action::Label, "DOG", "key-0001")})
                                                  .get();
  CHECK(outcomes[0].status == ChangeStatus::Done);
  CHECK(outcomes[1].status == ChangeStatus::Done);
  CHECK(outcomes[1].item->label == "CAT");
  CHECK(at.store().history_of("a.jpg").size() == 1);
  at.label("a.jpg", "DOG");
  auto first = at.store().undo("anna", "key-0002");
  auto second = at.store().undo("anna", "key-0002");
  CHECK(first.get().outcome.item->label == "CAT");
  const LabelStore::UndoOutcome again = second.get();
  CHECK(again.outcome.item->label == "CAT");
  REQUIRE(again.undone);
  CHECK(again.undone->label == "DOG");
  CHECK(at.item("a.jpg").label == "CAT");
  CHECK(at.store().history_of("a.jpg").size() == 3);
}

TEST_CASE("the history comes in pages, newest first, of everybody or of one person", "[label]") {
  StoreFixture at;
  for (int i = 0; i < 10; ++i) at.add_frame("f" + std::to_string(i) + ".jpg");
  at.open();
  RandomStream random(1, "history");
  std::vector<std::string> told;  // who and what, oldest first
  for (int i = 0; i < 60; ++i) {
    const std::string who = random.below(3) == 0 ? "ben" : "anna";
    const std::string name = "f" + std::to_string(random.below(10)) + ".jpg";
    const std::string label = random.below(2) == 0 ? "CAT" : "DOG";
    REQUIRE(at.label(name, label, who).status == ChangeStatus::Done);
    told.push_back(who + " " + name + " " + label);
  }
  std::reverse(told.begin(), told.end());
  for (const std::string who : {"", "anna", "ben", "nobody"}) {
    INFO("of \"" << who << "\"");
    std::vector<std::string> expected;
    for (const std::string& line : told) {
      if (who.empty() || line.substr(0, who.size() + 1) == who + " ") expected.push_back(line);
    }
    std::vector<std::string> found;
    std::optional<std::uint64_t> before;
    for (;;) {
      const std::vector<Event> page = at.store().history(who, before, 7);
      CHECK(page.size() <= 7);
      for (const Event& event : page) {
        if (before) CHECK(event.id < *before);
        before = event.id;
        found.push_back(event.annotator + " " + event.name + " " + event.label);
      }
      if (page.empty()) break;
    }
    CHECK(found == expected);
  }
  CHECK(at.store().history("", 0, 10).empty());
  CHECK(at.store().history("", std::nullopt, 0).empty());
}

TEST_CASE("two people who write at once lose nothing: each change stands or is told as a conflict", "[label]") {
  StoreFixture at;
  constexpr int kFrames = 6;
  for (int i = 0; i < kFrames; ++i) at.add_frame("f" + std::to_string(i) + ".jpg");
  LabelStore& store = at.open();
  std::map<std::string, std::size_t> done;
  std::map<std::string, std::size_t> wrong;
  const auto work = [&store](const std::string& who, std::size_t& made, std::size_t& odd) {
    RandomStream random(1, who);
    for (int i = 0; i < 150; ++i) {
      Change change;
      change.name = "f" + std::to_string(random.below(kFrames)) + ".jpg";
      change.label = random.below(2) == 0 ? "CAT" : "DOG";
      change.annotator = who;
      change.revision = store.find(change.name)->revision;
      for (;;) {
        const ChangeOutcome outcome = store.submit({change}).get().front();
        if (outcome.status == ChangeStatus::Done) {
          ++made;
          if (outcome.item->label != change.label || outcome.item->revision != *change.revision + 1) ++odd;
          break;
        }
        if (outcome.status != ChangeStatus::Conflict || outcome.item->revision <= *change.revision) {
          ++odd;
          break;
        }
        change.revision = outcome.item->revision;
      }
    }
  };
  {
    std::jthread anna([&, &made = done["anna"], &odd = wrong["anna"]] { work("anna", made, odd); });
    std::jthread ben([&, &made = done["ben"], &odd = wrong["ben"]] { work("ben", made, odd); });
  }
  CHECK(done["anna"] == 150);
  CHECK(done["ben"] == 150);
  CHECK(wrong["anna"] + wrong["ben"] == 0);
  for (int round = 0; round < 2; ++round) {
    std::size_t events = 0;
    for (int i = 0; i < kFrames; ++i) {
      const std::string name = "f" + std::to_string(i) + ".jpg";
      const std::vector<Event> history = at.store().history_of(name);
      events += history.size();
      REQUIRE_FALSE(history.empty());
      for (std::size_t k = 0; k < history.size(); ++k) CHECK(history[k].revision == history.size() - k);
      CHECK(at.item(name).label == history.front().label);
      CHECK(at.item(name).annotator == history.front().annotator);
      CHECK(test::contains(at.annotation("f" + std::to_string(i) + ".json"), history.front().label));
    }
    CHECK(events == 300);
    at.open();
  }
}

TEST_CASE("a second server on the same folders is refused while the first one runs", "[label]") {
  StoreFixture at;
  at.add_frame("a.jpg");
  at.open();
  LabelStoreOptions second = at.options;
  second.database = "sqlite:" + (at.folder / "other.db").string();
  test::require_error(ErrorCode::FailedPrecondition, "another label-server has this workspace",
                      [&] { LabelStore::open(second); });
  CHECK(at.label("a.jpg", "CAT").status == ChangeStatus::Done);
  at.close();
  LabelStore::open(second);
  CHECK(at.open().find("a.jpg")->label == "CAT");
}

// The limit grows until everything fits: first the annotations fail, then the database, each time a little later.
TEST_CASE("a full disk lets a change stand whole or not at all, wherever it is noticed", "[label]") {
  StoreFixture at;
  constexpr int kFrames = 8;
  for (int i = 0; i < kFrames; ++i) at.add_frame("f" + std::to_string(i) + ".jpg");
  at.open();
  std::map<std::string, std::string> labels;
  std::size_t events = 0;
  int refused = 0;
  const auto check_all = [&] {
    CHECK(at.store().history("", std::nullopt, 10'000).size() == events);
    for (int i = 0; i < kFrames; ++i) {
      const std::string stem = "f" + std::to_string(i);
      CHECK(at.item(stem + ".jpg").label == labels[stem]);
    }
  };
  constexpr int kAttempts = 40;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    const std::uintmax_t log = fs::file_size(at.folder / "lake.db-wal");
    const rlim_t limit =
        attempt < 4 ? rlim_t{40} * static_cast<rlim_t>(attempt - 1) : log + 3000 * static_cast<rlim_t>(attempt - 4);
    INFO("attempt " << attempt << ", limit " << limit << " bytes");
    std::vector<Change> group;
    for (int i = 0; i < kFrames; ++i) {
      group.push_back(change_of("f" + std::to_string(i) + ".jpg", Action::Label, attempt % 2 == 0 ? "CAT" : "DOG",
                                "attempt-" + std::to_string(attempt) + "-" + std::to_string(i)));
    }
    std::vector<ChangeOutcome> outcomes;
    {
      const FileSizeLimit full(limit);
      outcomes = at.store().submit(group).get();
    }
    for (int i = 0; i < kFrames; ++i) {
      const ChangeStatus status = outcomes[static_cast<std::size_t>(i)].status;
      if (status == ChangeStatus::Done) {
        ++events;
        labels["f" + std::to_string(i)] = group.front().label;
      } else {
        ++refused;
        CHECK((status == ChangeStatus::StorageFull || status == ChangeStatus::Unavailable));
        CHECK_FALSE(outcomes[static_cast<std::size_t>(i)].message.empty());
      }
    }
    check_all();
    // There is room again: the same keys go through, those that stood are answered again.
    for (const ChangeOutcome& outcome : at.store().submit(group).get()) CHECK(outcome.status == ChangeStatus::Done);
    events = at.store().history("", std::nullopt, 10'000).size();
    CHECK(events == static_cast<std::size_t>(attempt * kFrames));
    for (int i = 0; i < kFrames; ++i) labels["f" + std::to_string(i)] = group.front().label;
  }
  CHECK(refused > 4 * kFrames);
  CHECK(refused < kAttempts * kFrames / 2);
  for (int round = 0; round < 2; ++round) {
    check_all();
    at.open();
  }
  for (const auto& [stem, label] : labels) CHECK(test::contains(at.annotation(stem + ".json"), label));
  // Nothing half-written lies about.
  for (const fs::path& folder : {at.options.frames_dir, at.options.annotations_dir}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      INFO(entry.path());
      CHECK(entry.path().filename().string().front() == 'f');
    }
  }
}

}  // namespace
}  // namespace animalctl::label
