#include "animalctl/registry/registry.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "registry/sample_version.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::registry {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::require_error;
using test::TemporaryFolder;

// A registry with versions 1 to `count`.
ModelRegistry filled(const TemporaryFolder& folder, int count) {
  ModelRegistry registry(folder / "registry", "animal");
  for (int i = 1; i <= count; ++i) {
    registry.register_version(sample_record(), sample_files(folder), sample_time(i), "orchestrate");
  }
  return registry;
}

TEST_CASE("a registered version has its files, its record and its card", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry(folder / "registry", "animal");
  CHECK(registry.next_version() == 1);
  CHECK(registry.versions().empty());
  CHECK_FALSE(registry.find(1));
  CHECK(registry.aliases() == Aliases());
  CHECK_NOTHROW(registry.verify());
  const VersionRecord made = registry.register_version(sample_record(), sample_files(folder), sample_time(), "anna");
  CHECK(made.version == 1);
  CHECK(made.model == "animal");
  CHECK(made.created == "2026-11-26T03:00:00.000Z");
  CHECK(read_text_file(registry.file(1, "checkpoint")) == "weights of a model");
  CHECK(registry.file(1, "archive").filename() == "animal.mar");
  CHECK(contains(read_text_file(registry.version_folder(1) / "card.md"), "# animal version 1"));
  const auto found = registry.find(1);
  REQUIRE(found);
  CHECK(to_json(*found) == to_json(made));
  CHECK(registry.versions().size() == 1);
  CHECK(registry.next_version() == 2);
  CHECK(registry.aliases() == Aliases());
  const auto history = registry.history();
  REQUIRE(history.size() == 1);
  CHECK(history[0].action == "register");
  CHECK(history[0].by == "anna");
  CHECK(history[0].reason == "new labels: 120 of 100");
  CHECK_NOTHROW(registry.verify());
  CHECK(registered_models(folder / "registry") == std::vector<std::string>{"animal"});
  CHECK(registered_models(folder / "none").empty());
}

TEST_CASE("version numbers rise and are never used twice", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 1);
  VersionRecord record = sample_record();
  record.version = 5;
  registry.register_version(record, sample_files(folder), sample_time(), "anna");
  CHECK(registry.next_version() == 6);
  const auto again = [&] { registry.register_version(record, sample_files(folder), sample_time(), "anna"); };
  require_error(ErrorCode::AlreadyExists, "version 5 already", again);
  record.version = 3;
  require_error(ErrorCode::FailedPrecondition, "the newest is 5", again);
  record.version = 0;
  record.parent = 4;
  require_error(ErrorCode::NotFound, "no version 4", again);
  // Somebody removed the newest: its number stays used.
  fs::remove_all(registry.version_folder(5));
  CHECK(registry.next_version() == 6);
}

TEST_CASE("what cannot be registered leaves nothing behind", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry(folder / "registry", "animal");
  std::vector<VersionSource> files = sample_files(folder);
  const auto attempt = [&] { registry.register_version(sample_record(), files, sample_time(), "anna"); };
  files.push_back({"report", folder / "missing.json"});
  require_error(ErrorCode::NotFound, "missing.json", attempt);
  files.back() = {"report", folder.path()};
  require_error(ErrorCode::InvalidArgument, "no regular file", attempt);
  files.back() = {"recipe", folder / "base.pth"};
  require_error(ErrorCode::InvalidArgument, "checkpoint, archive", attempt);
  files.back() = {"archive", folder / "base.pth"};
  require_error(ErrorCode::InvalidArgument, "two files", attempt);
  files.pop_back();
  VersionRecord record = sample_record();
  record.metrics[0].value = std::nan("");
  require_error(ErrorCode::InvalidArgument, "accuracy is no finite number",
                [&] { registry.register_version(record, files, sample_time(), "anna"); });
  require_error(ErrorCode::InvalidArgument, "the name of who",
                [&] { registry.register_version(sample_record(), files, sample_time(), ""); });
  record = sample_record();
  record.version = -2;
  require_error(ErrorCode::FailedPrecondition, "version -2",
                [&] { registry.register_version(record, files, sample_time(), "anna"); });
  record.version = VersionRecord::kMaxVersion + 1;
  require_error(ErrorCode::InvalidArgument, "are accepted",
                [&] { registry.register_version(record, files, sample_time(), "anna"); });
  CHECK(registry.versions().empty());
  CHECK(registry.history().empty());
  for (const auto& entry : fs::directory_iterator(registry.folder())) CHECK(entry.path().filename() == ".lock");
  require_error(ErrorCode::InvalidArgument, "cannot name a model", [&] { ModelRegistry(folder.path(), "../x"); });
}

TEST_CASE("promotions and rollbacks move the aliases and are remembered", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 3);
  require_error(ErrorCode::FailedPrecondition, "no previous champion",
                [&] { registry.roll_back("bad", "anna", sample_time()); });
  registry.promote(1, "the first", "anna", sample_time(10));
  CHECK(registry.aliases() == Aliases{1, std::nullopt, std::nullopt});
  registry.set_alias("challenger", 2, "passed its gates", "orchestrate", sample_time(11));
  CHECK(registry.aliases() == Aliases{1, 2, std::nullopt});
  registry.promote(2, "better on 800 images", "orchestrate", sample_time(12));
  CHECK(registry.aliases() == Aliases{2, std::nullopt, 1});
  registry.promote(3, "better again", "orchestrate", sample_time(13));
  CHECK(registry.aliases() == Aliases{3, std::nullopt, 2});
  registry.roll_back("errors at noon", "otto", sample_time(14));
  CHECK(registry.aliases() == Aliases{2, std::nullopt, 1});
  registry.roll_back("still errors", "otto", sample_time(15));
  CHECK(registry.aliases() == Aliases{1, std::nullopt, std::nullopt});
  const auto history = registry.history();
  REQUIRE(history.size() == 9);
  CHECK(history.back().action == "rollback");
  CHECK(history.back().champion_before == 2);
  CHECK(history.back().champion_after() == 1);
  CHECK(history.back().time == "2026-11-26T03:15:00.000Z");
  CHECK(history[7].reason == "errors at noon");
  CHECK_NOTHROW(registry.verify());
  require_error(ErrorCode::FailedPrecondition, "the champion already",
                [&] { registry.promote(1, "again", "anna", sample_time()); });
  require_error(ErrorCode::NotFound, "no version 9", [&] { registry.promote(9, "why not", "anna", sample_time()); });
  require_error(ErrorCode::InvalidArgument, "a reason is needed",
                [&] { registry.promote(2, "", "anna", sample_time()); });
  CHECK(registry.history().size() == 9);
}

TEST_CASE("a refused version does not become champion until somebody makes it the challenger", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 3);
  registry.promote(1, "the first", "anna", sample_time());
  registry.set_alias("challenger", 2, "try it", "anna", sample_time());
  registry.refuse(2, "12 % slower", "orchestrate", sample_time());
  CHECK(registry.aliases() == Aliases{1, std::nullopt, std::nullopt});
  CHECK(registry.refusal(2) == "12 % slower");
  CHECK_FALSE(registry.refusal(1));
  require_error(ErrorCode::FailedPrecondition, "12 % slower",
                [&] { registry.promote(2, "yes", "anna", sample_time()); });
  require_error(ErrorCode::FailedPrecondition, "12 % slower",
                [&] { registry.set_alias("previous", 2, "yes", "anna", sample_time()); });
  registry.set_alias("challenger", 2, "the camera was slow, not the model", "anna", sample_time());
  CHECK_FALSE(registry.refusal(2));
  registry.promote(2, "yes", "anna", sample_time());
  require_error(ErrorCode::FailedPrecondition, "roll back before",
                [&] { registry.refuse(2, "no", "anna", sample_time()); });
  registry.refuse(1, "unsafe", "anna", sample_time());
  CHECK(registry.aliases() == Aliases{2, std::nullopt, std::nullopt});
  require_error(ErrorCode::NotFound, "no version 7", [&] { registry.refuse(7, "no", "anna", sample_time()); });
}

TEST_CASE("aliases are set and taken away by hand, the champion's is not", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 2);
  registry.set_alias("previous", 1, "known good", "anna", sample_time());
  CHECK(registry.aliases() == Aliases{std::nullopt, std::nullopt, 1});
  registry.set_alias("previous", std::nullopt, "not any more", "anna", sample_time());
  CHECK(registry.aliases() == Aliases());
  CHECK(registry.history().back().alias == "previous");
  require_error(ErrorCode::InvalidArgument, "the champion is promoted",
                [&] { registry.set_alias("champion", 1, "why", "anna", sample_time()); });
  registry.promote(1, "first", "anna", sample_time());
  require_error(ErrorCode::FailedPrecondition, "is the champion",
                [&] { registry.set_alias("challenger", 1, "why", "anna", sample_time()); });
}

TEST_CASE("a rollback does not lead to a version that was refused since", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 3);
  for (int version = 1; version <= 3; ++version) registry.promote(version, "better", "anna", sample_time());
  registry.refuse(1, "unsafe", "anna", sample_time());
  registry.roll_back("bad", "anna", sample_time());
  CHECK(registry.aliases() == Aliases{2, std::nullopt, std::nullopt});
}

void replace_in_file(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read_text_file(path);
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  write_file_atomic(path, text.replace(place, from.size(), to));
}

TEST_CASE("verify finds whatever was changed behind the registry's back", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 2);
  registry.promote(2, "better", "anna", sample_time());
  const auto expect = [&](const char* words) { require_error(ErrorCode::DataLoss, words, [&] { registry.verify(); }); };
  SECTION("a file's content") {
    replace_in_file(registry.file(1, "checkpoint"), "weights", "WEIGHTS");
    expect("checkpoint.pth was changed");
  }
  SECTION("a file that is gone") {
    fs::remove(registry.file(2, "archive"));
    expect("animal.mar is missing");
  }
  SECTION("a lineage") {
    replace_in_file(registry.version_folder(1) / "version.json", "\"seed\": \"7\"", "\"seed\": \"8\"");
    expect("version.json was changed");
  }
  SECTION("a version that is gone") {
    fs::remove_all(registry.version_folder(1));
    expect("is missing, which entry 1");
  }
  SECTION("a folder with another version's content") {
    fs::remove_all(registry.version_folder(1));
    fs::copy(registry.version_folder(2), registry.version_folder(1));
    expect("the record of animal version 2");
  }
  SECTION("a line of the history") {
    replace_in_file(registry.folder() / "history.jsonl", "better", "BETTER");
    expect("history.jsonl:3");
  }
  SECTION("a history without its last line") {
    const fs::path path = registry.folder() / "history.jsonl";
    std::string text = read_text_file(path);
    text.pop_back();
    write_file_atomic(path, text.substr(0, text.rfind('\n') + 1));
    expect("entry 3 is missing or another");
    // A writer does not go on from there either.
    require_error(ErrorCode::DataLoss, "remove aliases.json to accept",
                  [&] { registry.promote(1, "worse", "anna", sample_time()); });
  }
}

TEST_CASE("aliases.json is a copy: the next writer corrects it, readers do not need it", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 2);
  registry.promote(1, "first", "anna", sample_time());
  const fs::path copy = registry.folder() / "aliases.json";
  const std::string right = read_text_file(copy);
  CHECK(contains(right, "\"champion\": 1"));
  CHECK(contains(right, registry.history().back().hash.hex()));
  for (const std::string& wrong : {std::string("garbled"), std::string(100'000, 'x'), right + " ",
                                   std::string("{\"champion\": 2, \"sequence\": 1}")}) {
    write_file_atomic(copy, wrong);
    CHECK(registry.aliases().champion == 1);
    registry.recover(sample_time());
    CHECK(read_text_file(copy) == right);
  }
  fs::remove(copy);
  registry.recover(sample_time());
  CHECK(read_text_file(copy) == right);
}

TEST_CASE("files that are no versions are passed over", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry = filled(folder, 1);
  for (const char* name : {"notes", "02", "1x", "0", "99999999999"}) fs::create_directory(registry.folder() / name);
  write_file_atomic(registry.folder() / "7", "a file");
  CHECK(registry.versions().size() == 1);
  CHECK(registry.next_version() == 2);
  require_error(ErrorCode::NotFound, "has no report", [&] { (void)registry.file(1, "report"); });
  require_error(ErrorCode::NotFound, "no version 4", [&] { (void)registry.file(4, "report"); });
}

}  // namespace
}  // namespace animalctl::registry
