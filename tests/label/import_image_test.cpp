// Images that come into the frames folder through the store.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "animalctl/base/file.h"
#include "label/store_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;
using test::picture;
using test::StoreFixture;
using Status = ImportOutcome::Status;

ImportOutcome import_into(LabelStore& store, std::string_view name, const std::string& bytes,
                          std::optional<std::string> label = std::nullopt) {
  return store.import_image(name, as_byte_span(bytes), "anna", std::move(label));
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("an imported image is a frame with its bytes and, if it is told, its label", "[label]") {
  StoreFixture at;
  LabelStore& store = at.open();
  const ImportOutcome plain = import_into(store, "cat.1.png", picture("one"));
  CHECK(plain.status == Status::Imported);
  CHECK(plain.as == "cat.1.png");
  CHECK(plain.message.empty());
  CHECK(at.content("frames/cat.1.png") == picture("one"));
  CHECK(at.item("cat.1.png").state == ItemState::Unlabelled);
  CHECK(at.item("cat.1.png").bytes == picture("one").size());
  CHECK(store.history_of("cat.1.png").empty());

  CHECK(import_into(store, "dog.png", picture("two"), "dog").as == "dog.png");
  CHECK(at.item("dog.png").label == "DOG");
  CHECK(test::contains(at.annotation("dog.json"), "DOG"));
  const std::vector<Event> events = store.history_of("dog.png");
  REQUIRE(events.size() == 1);
  CHECK(events[0].origin == Origin::Import);
  CHECK(events[0].annotator == "anna");
  at.open();
  CHECK(at.item("dog.png").label == "DOG");
  CHECK(at.item("cat.1.png").state == ItemState::Unlabelled);
}

TEST_CASE("an imported image has the last part of its name, an extension, and a number where the name is taken",
          "[label]") {
  StoreFixture at;
  LabelStore& store = at.open();
  CHECK(import_into(store, "../../etc/a.png", picture("1")).as == "a.png");
  CHECK(import_into(store, "C:\\pictures\\a.png", picture("2")).as == "a-2.png");
  CHECK(import_into(store, "a.png", picture("3")).as == "a-3.png");
  CHECK(import_into(store, "a", picture("4")).as == "a-4.png");
  CHECK(import_into(store, "notes.txt", picture("5")).as == "notes.txt.png");
  // A file that no index knows yet is not written over.
  at.add_frame("new.png", "somebody else's");
  CHECK(import_into(store, "new.png", picture("6")).as == "new-2.png");
  CHECK(at.content("frames/new.png") == "somebody else's");
  // One in the trash keeps its name as well.
  at.act("a.png", Action::Reject);
  CHECK(import_into(store, "a.png", picture("7")).as == "a-5.png");
  CHECK_FALSE(at.has("etc"));
}

TEST_CASE("an image that has the content of another is not taken twice", "[label]") {
  StoreFixture at;
  at.add_frame("there.png", picture("same"));
  LabelStore& store = at.open();
  const ImportOutcome again = import_into(store, "other.png", picture("same"), "CAT");
  CHECK(again.status == Status::Duplicate);
  CHECK(again.as == "there.png");
  CHECK(at.item("there.png").state == ItemState::Unlabelled);
  CHECK(import_into(store, "other.png", picture("SAME")).status == Status::Imported);
  // Also of one in the trash.
  at.act("other.png", Action::Reject);
  CHECK(import_into(store, "third.png", picture("SAME")).as == "other.png");
  CHECK(files_in(at.options.frames_dir) == 1);
}

TEST_CASE("what cannot be a frame is refused and leaves nothing behind", "[label]") {
  StoreFixture at;
  LabelStore& store = at.open();
  const auto refused = [&](std::string_view name, const std::string& bytes, std::string_view why,
                           std::optional<std::string> label = std::nullopt) {
    const ImportOutcome outcome = import_into(store, name, bytes, std::move(label));
    INFO(name << ": " << outcome.message);
    CHECK(outcome.status == Status::Refused);
    CHECK(outcome.as.empty());
    CHECK(test::contains(outcome.message, why));
  };
  refused("a.png", "<svg/>", "");
  refused("a.png", "", "");
  refused("", picture("1"), "the name cannot be a frame's");
  refused("folder/", picture("1"), "the name cannot be a frame's");
  refused(".hidden.png", picture("1"), "the name cannot be a frame's");
  refused(std::string_view("a\0.png", 6), picture("1"), "NUL");
  refused(std::string(252, 'x') + ".png", picture("1"), "256 bytes");
  refused("a.png", picture("1"), "CAT, DOG", "BIRD");
  CHECK(files_in(at.options.frames_dir) == 0);
  CHECK(store.page({}).total == 0);
}

TEST_CASE("imported images of one stem keep their names and their own annotations, in whatever order they come",
          "[label]") {
  StoreFixture at;
  LabelStore& store = at.open();
  CHECK(import_into(store, "a.jpg", picture("1"), "DOG").as == "a.jpg");
  CHECK(test::contains(at.annotation("a.json"), "DOG"));
  // It owns the stem: the first one's annotation makes way and is not taken for its own.
  CHECK(import_into(store, "a.png", picture("2")).as == "a.png");
  CHECK(at.item("a.png").state == ItemState::Unlabelled);
  CHECK(at.item("a.jpg").label == "DOG");
  CHECK(at.annotation("a.json").empty());
  CHECK(test::contains(at.annotation("a.jpg.json"), "DOG"));
  CHECK(import_into(store, "a.webp", picture("3"), "CAT").as == "a.webp");
  at.label("a.png", "CAT");
  for (int round = 0; round < 2; ++round) {
    INFO("round " << round);
    CHECK(at.item("a.jpg").label == "DOG");
    CHECK(at.item("a.png").label == "CAT");
    CHECK(at.item("a.webp").label == "CAT");
    CHECK(at.item("a.jpg").revision == 1);
    CHECK(test::contains(at.annotation("a.json"), "CAT"));
    CHECK(test::contains(at.annotation("a.jpg.json"), "DOG"));
    CHECK(test::contains(at.annotation("a.webp.json"), "CAT"));
    at.open();
  }
}

TEST_CASE("an image that does not fit on the disk is refused whole", "[label]") {
  StoreFixture at;
  LabelStore& store = at.open();
  // Files may not grow beyond this: the write fails in its middle as on a full disk.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small{rlim_t{100'000}, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const ImportOutcome outcome = import_into(store, "big.png", picture(std::string(200'000, 'x')), "CAT");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  std::signal(SIGXFSZ, before);
  CHECK(outcome.status == Status::Refused);
  CHECK(files_in(at.options.frames_dir) == 0);
  CHECK_FALSE(store.find("big.png"));
  CHECK(import_into(store, "big.png", picture(std::string(200'000, 'x')), "CAT").as == "big.png");
  CHECK(at.item("big.png").label == "CAT");
}

}  // namespace
}  // namespace animalctl::label
