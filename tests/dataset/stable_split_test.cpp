#include "animalctl/dataset/stable_split.h"

#include <algorithm>
#include <string>

#include "animalctl/base/file.h"
#include "animalctl/base/random.h"
#include "animalctl/image/near_duplicates.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using test::require_error;

namespace {

const StableSplitSettings kSettings{{0.7, 0.2, 0.1}, 5, 6};

StableItem item(std::string_view content, std::uint64_t hash) {
  return {sha256(content), hash};
}

// Scattered pictures; of some there are variants that differ in a few bits.
std::vector<StableItem> random_items(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, "items");
  std::vector<StableItem> items;
  while (items.size() < count) {
    std::uint64_t hash = random.next();
    const std::uint64_t variants = random.below(10) < 8 ? 1 : 2 + random.below(4);
    for (std::uint64_t i = 0; i < variants && items.size() < count; ++i) {
      items.push_back(item("item " + std::to_string(items.size()), hash));
      hash ^= std::uint64_t{1} << random.below(64);
    }
  }
  return items;
}

}  // namespace

TEST_CASE("new images of the blind audit go to the test part, and new ones near to them; recorded ones stay") {
  std::vector<StableItem> items = random_items(300, 9);
  for (std::size_t i = 0; i < 100; ++i) items[i].audit = true;
  StableLedger ledger(kSettings);
  const std::vector<Part> parts = split_stable(items, ledger);
  for (std::size_t i = 0; i < 100; ++i) CHECK(parts[i] == Part::Test);
  CHECK(std::count(parts.begin() + 100, parts.end(), Part::Train) > 100);
  CHECK(ledger.entries().size() == items.size());
  // A copy that is not in the audit, one that is near, and one that was in the training set before.
  StableItem copy = items[0];
  copy.audit = false;
  const StableItem near = item("near", items[0].perceptual_hash ^ 1);
  const auto trained = std::find(parts.begin(), parts.end(), Part::Train) - parts.begin();
  StableItem known = items[static_cast<std::size_t>(trained)];
  known.audit = true;
  const std::vector<StableItem> later = {copy, near, known};
  CHECK(split_stable(later, ledger) == std::vector<Part>{Part::Test, Part::Test, Part::Train});
  StableLedger fresh(kSettings);
  StableItem in_audit = copy;
  in_audit.audit = true;
  CHECK(split_stable(std::vector<StableItem>{copy, in_audit}, fresh) == std::vector<Part>{Part::Test, Part::Test});
}

TEST_CASE("as a set grows in random steps no image ever changes sides") {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    std::vector<StableItem> items = random_items(600, seed);
    RandomStream random(seed, "growth");
    shuffle(std::span(items), random);
    StableLedger ledger(kSettings);
    std::unordered_map<Digest, Part> seen;
    for (std::size_t size = 0; size < items.size();) {
      size = std::min(items.size(), size + 1 + random.below(120));
      const std::span<const StableItem> known(items.data(), size);
      const std::vector<Part> parts = split_stable(known, ledger);
      for (std::size_t i = 0; i < size; ++i) {
        const auto [found, is_new] = seen.try_emplace(known[i].digest, parts[i]);
        REQUIRE(found->second == parts[i]);
      }
      // The record survives a restart.
      ledger = StableLedger::parse(ledger.text(), "ledger");
    }
    CHECK(ledger.entries().size() == items.size());
  }
}

TEST_CASE("near-duplicates that come together share a side") {
  const std::vector<StableItem> items = random_items(800, 9);
  StableLedger ledger(kSettings);
  const std::vector<Part> parts = split_stable(items, ledger);
  std::size_t near = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (hamming_distance(items[i].perceptual_hash, items[j].perceptual_hash) > kSettings.near_distance) continue;
      ++near;
      CHECK(parts[i] == parts[j]);
    }
  }
  CHECK(near > 100);
}

TEST_CASE("a near-duplicate that comes later joins the side of the one that was there") {
  for (int i = 0; i < 50; ++i) {
    StableLedger ledger(kSettings);
    const std::uint64_t hash = RandomStream(static_cast<std::uint64_t>(i), "hash").next();
    const StableItem first = item("first" + std::to_string(i), hash);
    const StableItem later = item("later" + std::to_string(i), hash ^ 0b111);
    const Part part = split_stable(std::vector{first}, ledger)[0];
    CHECK(split_stable(std::vector{later, first}, ledger) == std::vector{part, part});
  }
}

TEST_CASE("between two recorded sides a new image goes to the nearer, and so do its own near-duplicates") {
  StableLedger ledger(kSettings);
  ledger.record(sha256("a"), {0b0, Part::Train});
  ledger.record(sha256("b"), {0xFF, Part::Test});
  const std::vector<StableItem> items = {item("a", 0), item("b", 0xFF), item("x", 0b11), item("y", 0b111111),
                                         item("z", 0b1111)};
  const std::vector<Part> parts = split_stable(items, ledger);
  CHECK(parts[0] == Part::Train);
  CHECK(parts[1] == Part::Test);
  CHECK(parts[2] == Part::Train);
  CHECK(parts[3] == Part::Test);
}

TEST_CASE("the sides depend on the set of images and the seed, not on their order") {
  std::vector<StableItem> items = random_items(300, 11);
  StableLedger first(kSettings);
  split_stable(items, first);
  std::reverse(items.begin(), items.end());
  StableLedger second(kSettings);
  split_stable(items, second);
  CHECK(first.text() == second.text());

  StableSplitSettings other = kSettings;
  other.seed = 6;
  StableLedger third(other);
  CHECK(split_stable(items, third) != split_stable(items, second));
}

TEST_CASE("the fractions of a stable split are approached") {
  std::vector<StableItem> items;
  RandomStream random(1, "hashes");
  for (int i = 0; i < 10000; ++i) items.push_back(item("picture " + std::to_string(i), random.next()));
  StableLedger ledger(kSettings);
  const std::vector<Part> parts = split_stable(items, ledger);
  // Three standard deviations of 10,000 draws are below 1.4 %.
  CHECK(std::abs(static_cast<double>(std::count(parts.begin(), parts.end(), Part::Train)) - 7000) < 140);
  CHECK(std::abs(static_cast<double>(std::count(parts.begin(), parts.end(), Part::Val)) - 2000) < 120);
}

TEST_CASE("a part of fraction zero stays empty, also by rounding") {
  const std::vector<StableItem> items = random_items(2000, 3);
  for (const SplitFractions& fractions :
       {SplitFractions{0.9, 0.1, 0}, SplitFractions{1, 0, 0}, SplitFractions{0, 0, 1}}) {
    StableLedger ledger({fractions, 0, 0});
    const std::vector<Part> parts = split_stable(items, ledger);
    for (const Part part : kParts) {
      const bool used = std::find(parts.begin(), parts.end(), part) != parts.end();
      CHECK(used == (fractions.values()[static_cast<std::size_t>(part)] > 0));
    }
  }
}

TEST_CASE("copies of one content and thousands of equal hashes are no trouble") {
  std::vector<StableItem> items(5, item("same", 77));
  for (int i = 0; i < 5000; ++i) items.push_back(item("black " + std::to_string(i), 0));
  StableLedger ledger(kSettings);
  const std::vector<Part> parts = split_stable(items, ledger);
  CHECK(std::all_of(parts.begin(), parts.begin() + 5, [&](Part part) { return part == parts[0]; }));
  CHECK(std::all_of(parts.begin() + 5, parts.end(), [&](Part part) { return part == parts[5]; }));
  CHECK(ledger.entries().size() == 5001);
  CHECK(split_stable({}, ledger).empty());
}

TEST_CASE("a ledger is written sorted and read back equal") {
  StableLedger ledger(kSettings);
  ledger.record(sha256("b"), {0xABC, Part::Val});
  ledger.record(sha256("a"), {1, Part::Test});
  const std::string text = ledger.text();
  CHECK(
      text.starts_with("# animalctl stable split 1 train=0.7 val=0.2 test=0.1 seed=5 distance=6\n"
                       "digest,perceptual_hash,part\n"));
  CHECK(test::contains(text, ",0000000000000abc,val\n"));
  const StableLedger read = StableLedger::parse(text, "x");
  CHECK(read.settings() == kSettings);
  CHECK(read.text() == text);
  CHECK(read.find(sha256("a"))->part == Part::Test);
  CHECK_FALSE(read.find(sha256("c")));
}

TEST_CASE("a garbled ledger is refused with its line and what to do") {
  StableLedger ledger(kSettings);
  ledger.record(sha256("a"), {1, Part::Test});
  const std::string good = ledger.text();
  const std::string entry = good.substr(good.rfind('\n', good.size() - 2) + 1);
  const std::string header = good.substr(0, good.size() - entry.size());
  const auto refused = [](const std::string& text, std::string_view part) {
    require_error(ErrorCode::DataLoss, part, [&] { StableLedger::parse(text, "stable_split.csv"); });
    require_error(ErrorCode::DataLoss, "restore the file", [&] { StableLedger::parse(text, "stable_split.csv"); });
  };
  refused("", "line 1 is missing");
  refused(header.substr(0, header.find('\n') + 1), "line 2 is missing");
  refused("digest\n", "line 1 is not the settings");
  refused("# animalctl stable split 1 train=0.7\n", "line 1 is not the settings");
  refused("# animalctl stable split 1 train=0.9 val=0.9 test=0.1 seed=5 distance=6\n", "add up to 1.9");
  refused("# animalctl stable split 1 train=0.7 val=0.2 test=0.1 seed=5 distance=77\n", "0 to 15");
  refused("# animalctl stable split 1 train=0.7 val=0.2 test=0.1 seed=5 size=7\n", "line 1 is not the settings");
  refused("# animalctl stable split 1 train=0.7 val=0.2 test=0.1 seed=5 6\n", "line 1 is not the settings");
  refused(header.substr(0, header.find('\n') + 1) + "a,b\n", "line 2 should be");
  refused(good.substr(0, good.size() - 1), "line 3 is cut short");
  refused(good + entry, "line 4 names an image a second time");
  refused(header + "xyz,1,train\n", "line 3 is not digest,perceptual_hash,part");
  refused(header + sha256("q").hex() + ",00000000000000zz,train\n", "line 3 is not");
  refused(header + sha256("q").hex() + ",0000000000000001,tests\n", "line 3 is not");
}

TEST_CASE("a ledger of other settings is refused, a missing one begins empty") {
  const test::TemporaryFolder folder;
  CHECK(StableLedger::open(folder / "none.csv", kSettings).entries().empty());
  write_file_atomic(folder / "stable_split.csv", StableLedger(kSettings).text());
  CHECK(StableLedger::open(folder / "stable_split.csv", kSettings).settings() == kSettings);
  StableSplitSettings other = kSettings;
  other.seed = 1;
  require_error(ErrorCode::FailedPrecondition, "requested: train=0.7 val=0.2 test=0.1 seed=1",
                [&] { StableLedger::open(folder / "stable_split.csv", other); });
  other = kSettings;
  other.near_distance = 3;
  CHECK(StableLedger::open(folder / "stable_split.csv", other).settings().near_distance == 6);
  other.fractions = {0.8, 0.1, 0.1};
  require_error(ErrorCode::FailedPrecondition, "delete it to assign every image anew",
                [&] { StableLedger::open(folder / "stable_split.csv", other); });
  require_error(ErrorCode::InvalidArgument, "", [&] { StableLedger::open(folder.path(), kSettings); });
}

TEST_CASE("a ledger refuses settings that make no sense") {
  require_error(ErrorCode::InvalidArgument, "add up", [] { StableLedger({{1, 1, 0}, 0, 0}); });
  require_error(ErrorCode::InvalidArgument, "is 16", [] { StableLedger({{1, 0, 0}, 0, 16}); });
  require_error(ErrorCode::InvalidArgument, "is -1", [] { StableLedger({{1, 0, 0}, 0, -1}); });
}
