#include "animalctl/registry/retention.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "animalctl/registry/registry.h"
#include "registry/sample_version.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::registry {
namespace {

namespace fs = std::filesystem;
using test::require_error;
using test::TemporaryFolder;

struct Versions {
  explicit Versions(int count) : registry(folder / "registry", "animal") {
    for (int i = 1; i <= count; ++i) {
      registry.register_version(sample_record(), sample_files(folder), sample_time(i), "anna");
    }
  }
  void promote(std::initializer_list<int> versions) {
    for (const int version : versions) registry.promote(version, "better", "anna", sample_time());
  }
  std::vector<int> prune(std::size_t keep, const std::set<int>& in_use = {}) {
    return registry.prune(keep, in_use, "room is needed", "anna", sample_time(30));
  }
  bool has_files(int version) const {
    return fs::exists(registry.version_folder(version) / "checkpoint.pth") &&
           fs::exists(registry.version_folder(version) / "animal.mar");
  }

  TemporaryFolder folder;
  ModelRegistry registry;
};

TEST_CASE("what has an alias, waits for a decision or is in use is not pruned", "[registry]") {
  Versions versions(7);
  CHECK(prunable_versions({}, 0, {}).empty());
  CHECK(prunable_versions(versions.registry.history(), 0, {}).empty());
  versions.promote({1, 3, 4});
  versions.registry.refuse(6, "slow", "anna", sample_time());
  versions.registry.set_alias("challenger", 5, "try", "anna", sample_time());
  // Champion 4, challenger 5, previous 3; 6 was refused, 7 is waiting, 2 was overtaken.
  const auto history = versions.registry.history();
  CHECK(prunable_versions(history, 0, {}) == std::vector<int>{1, 2, 6});
  CHECK(prunable_versions(history, 1, {}) == std::vector<int>{1, 2});
  CHECK(prunable_versions(history, 3, {}).empty());
  CHECK(prunable_versions(history, 100, {}).empty());
  CHECK(prunable_versions(history, 0, {2}) == std::vector<int>{1, 6});
}

TEST_CASE("a version that was rolled back may go, one whose refusal was taken back may not", "[registry]") {
  Versions versions(3);
  versions.promote({1, 2});
  versions.registry.roll_back("errors", "anna", sample_time());
  versions.registry.refuse(3, "slow", "anna", sample_time());
  CHECK(prunable_versions(versions.registry.history(), 0, {}) == std::vector<int>{2, 3});
  versions.registry.set_alias("challenger", 3, "it was the network", "anna", sample_time());
  versions.registry.set_alias("challenger", std::nullopt, "later", "anna", sample_time());
  CHECK(prunable_versions(versions.registry.history(), 0, {}) == std::vector<int>{2});
}

TEST_CASE("a prune takes checkpoint and archive and leaves everything else", "[registry]") {
  Versions versions(4);
  versions.promote({1, 2, 3, 4});
  const std::string record = to_json(*versions.registry.find(1));
  CHECK(versions.prune(1) == std::vector<int>{1});
  CHECK_FALSE(fs::exists(versions.registry.version_folder(1) / "checkpoint.pth"));
  CHECK_FALSE(fs::exists(versions.registry.version_folder(1) / "animal.mar"));
  CHECK(fs::exists(versions.registry.version_folder(1) / "card.md"));
  CHECK(to_json(*versions.registry.find(1)) == record);
  CHECK(versions.registry.versions().size() == 4);
  CHECK(versions.has_files(2));
  const HistoryEntry entry = versions.registry.history().back();
  CHECK(entry.action == "prune");
  CHECK(entry.version == 1);
  CHECK(entry.reason == "room is needed");
  CHECK(entry.aliases == Aliases{4, std::nullopt, 3});
  CHECK(pruned_versions(versions.registry.history()) == std::set<int>{1});
  CHECK_NOTHROW(versions.registry.verify());
  // Once.
  CHECK(versions.prune(1).empty());
  CHECK(versions.prune(0) == std::vector<int>{2});
  CHECK(versions.registry.next_version() == 5);
  CHECK_NOTHROW(versions.registry.verify());
  require_error(ErrorCode::InvalidArgument, "a reason is needed",
                [&] { versions.registry.prune(0, {}, "", "anna", sample_time()); });
  CHECK(ModelRegistry(versions.folder / "none", "animal").prune(0, {}, "old", "anna", sample_time()).empty());
  CHECK_FALSE(fs::exists(versions.folder / "none"));
}

TEST_CASE("a pruned version cannot serve again, and a rollback does not lead to it", "[registry]") {
  Versions versions(4);
  versions.promote({1, 2, 3});
  versions.prune(0);
  const std::string words = "of version 1 of animal were pruned on 2026-11-26T03:30";
  require_error(ErrorCode::FailedPrecondition, words, [&] { versions.promote({1}); });
  for (const char* alias : {"challenger", "previous"}) {
    require_error(ErrorCode::FailedPrecondition, words,
                  [&] { versions.registry.set_alias(alias, 1, "back", "anna", sample_time()); });
  }
  require_error(ErrorCode::FailedPrecondition, words, [&] { (void)versions.registry.file(1, "checkpoint"); });
  require_error(ErrorCode::FailedPrecondition, words, [&] { (void)versions.registry.file(1, "archive"); });
  require_error(ErrorCode::NotFound, "has no report", [&] { (void)versions.registry.file(1, "report"); });
  versions.registry.roll_back("errors", "anna", sample_time());
  CHECK(versions.registry.aliases() == Aliases{2, std::nullopt, std::nullopt});
  require_error(ErrorCode::FailedPrecondition, "no previous champion",
                [&] { versions.registry.roll_back("errors", "anna", sample_time()); });
}

TEST_CASE("verify still misses files that no prune took, and finds changed ones of pruned versions", "[registry]") {
  Versions versions(3);
  versions.promote({1, 2, 3});
  versions.prune(0);
  const auto expect = [&](const char* words) {
    require_error(ErrorCode::DataLoss, words, [&] { versions.registry.verify(); });
  };
  SECTION("a file of another version") {
    fs::remove(versions.registry.version_folder(2) / "animal.mar");
    expect("animal.mar is missing");
  }
  SECTION("a file that a prune leaves") {
    std::ofstream(versions.registry.version_folder(1) / "version.json") << "{}";
    expect("version.json");
  }
  SECTION("other content under a pruned file's name") {
    std::ofstream(versions.registry.version_folder(1) / "checkpoint.pth") << "weights of nobody";
    expect("checkpoint.pth was changed");
    // The next writer removes it.
    versions.registry.recover(sample_time());
    CHECK_NOTHROW(versions.registry.verify());
  }
}

TEST_CASE("a history that gives an alias to a pruned version is wrong", "[registry]") {
  Versions versions(2);
  versions.promote({1, 2});
  HistoryEntry entry = versions.registry.history().back();
  entry.sequence += 1;
  entry.previous = entry.hash;
  entry.action = "prune";
  entry.version = 1;
  entry.champion_before = 2;
  std::ofstream(versions.registry.folder() / "history.jsonl", std::ios::app) << seal(entry);
  require_error(ErrorCode::DataLoss, "names version 1, whose files were pruned", [&] { versions.registry.verify(); });
}

}  // namespace
}  // namespace animalctl::registry
