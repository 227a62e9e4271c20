#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "animalctl/registry/registry.h"
#include "animalctl/registry/retention.h"
#include "registry/sample_version.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::registry {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::require_error;
using test::TemporaryFolder;

// Runs `work` in a process of its own that ends, without a destructor running, before its `step`-th change on disk.
// True when it got to the end.
template <typename Work>
bool survives(int step, Work&& work) {
  constexpr int kKilled = 99;
  const pid_t child = ::fork();
  if (child == 0) {
    int passed = 0;
    RegistryOptions options;
    options.observer = [&](std::string_view) {
      if (++passed == step) ::_exit(kKilled);
    };
    try {
      work(options);
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kKilled));
  return WEXITSTATUS(status) == 0;
}

void require_whole(const ModelRegistry& registry) {
  CHECK_NOTHROW(registry.verify());
  const std::size_t versions = registry.versions().size();
  CHECK(registry.next_version() == static_cast<int>(versions) + 1);
}

TEST_CASE("a registration that is killed at any step leaves a whole registry, and the next one goes on", "[registry]") {
  bool finished = false;
  int killed = 0;
  for (int step = 1; !finished; ++step) {
    REQUIRE(step < 50);
    const TemporaryFolder folder;
    ModelRegistry registry(folder / "registry", "animal");
    registry.register_version(sample_record(), sample_files(folder), sample_time(), "anna");
    registry.promote(1, "first", "anna", sample_time());
    finished = survives(step, [&](const RegistryOptions& options) {
      ModelRegistry(folder / "registry", "animal", options)
          .register_version(sample_record(), sample_files(folder), sample_time(1), "anna");
    });
    killed += finished ? 0 : 1;
    INFO("step " << step);
    // Readers see a whole version 2 or none.
    const auto found = registry.find(2);
    CHECK((!finished || found));
    if (found) CHECK(read_text_file(registry.file(2, "checkpoint")) == "weights of a model");
    require_whole(registry);
    registry.recover(sample_time(2));
    require_whole(registry);
    const auto history = registry.history();
    CHECK(history.size() == (found ? 3U : 2U));
    for (const auto& entry : fs::directory_iterator(registry.folder())) {
      CHECK_FALSE(entry.path().filename().string().starts_with(".tmp-"));
    }
    const VersionRecord next = registry.register_version(sample_record(), sample_files(folder), sample_time(3), "anna");
    CHECK(next.version == (found ? 3 : 2));
    CHECK(registry.aliases() == Aliases{1, std::nullopt, std::nullopt});
    require_whole(registry);
  }
  CHECK(killed >= 9);
}

TEST_CASE("a promotion that is killed at any step has happened or has not", "[registry]") {
  bool finished = false;
  for (int step = 1; !finished; ++step) {
    REQUIRE(step < 50);
    const TemporaryFolder folder;
    ModelRegistry registry(folder / "registry", "animal");
    for (int i = 0; i < 2; ++i) {
      registry.register_version(sample_record(), sample_files(folder), sample_time(), "anna");
    }
    registry.promote(1, "first", "anna", sample_time());
    finished = survives(step, [&](const RegistryOptions& options) {
      ModelRegistry(folder / "registry", "animal", options).promote(2, "better", "anna", sample_time(1));
    });
    INFO("step " << step);
    const Aliases aliases = registry.aliases();
    CHECK((aliases == Aliases{1, std::nullopt, std::nullopt} || aliases == Aliases{2, std::nullopt, 1}));
    require_whole(registry);
    registry.recover(sample_time(2));
    CHECK(registry.aliases() == aliases);
    CHECK(contains(read_text_file(registry.folder() / "aliases.json"), registry.history().back().hash.hex()));
    if (aliases.champion == 1) registry.promote(2, "better", "anna", sample_time(3));
    CHECK(registry.aliases() == Aliases{2, std::nullopt, 1});
    require_whole(registry);
  }
}

TEST_CASE("a prune that is killed at any step leaves a whole registry, and what it began is ended", "[registry]") {
  bool finished = false;
  int killed = 0;
  for (int step = 1; !finished; ++step) {
    REQUIRE(step < 50);
    const TemporaryFolder folder;
    ModelRegistry registry(folder / "registry", "animal");
    for (int version = 1; version <= 4; ++version) {
      registry.register_version(sample_record(), sample_files(folder), sample_time(), "anna");
      registry.promote(version, "better", "anna", sample_time());
    }
    finished = survives(step, [&](const RegistryOptions& options) {
      ModelRegistry(folder / "registry", "animal", options).prune(0, {}, "old", "anna", sample_time(1));
    });
    killed += finished ? 0 : 1;
    INFO("step " << step);
    // No file is missing without an entry that says why.
    require_whole(registry);
    registry.recover(sample_time(2));
    require_whole(registry);
    for (const int version : {1, 2}) {
      const bool noted = pruned_versions(registry.history()).contains(version);
      CHECK(fs::exists(registry.version_folder(version) / "checkpoint.pth") != noted);
      CHECK(fs::exists(registry.version_folder(version) / "animal.mar") != noted);
      CHECK(registry.find(version));
    }
    registry.prune(0, {}, "old", "anna", sample_time(3));
    CHECK(pruned_versions(registry.history()) == std::set<int>{1, 2});
    CHECK(registry.history().size() == 10);
    CHECK_FALSE(fs::exists(registry.version_folder(1) / "animal.mar"));
    CHECK(registry.aliases() == Aliases{4, std::nullopt, 3});
    require_whole(registry);
  }
  CHECK(killed >= 10);
}

TEST_CASE("half a line at the history's end is cut off by the next writer", "[registry]") {
  const TemporaryFolder folder;
  ModelRegistry registry(folder / "registry", "animal");
  registry.register_version(sample_record(), sample_files(folder), sample_time(), "anna");
  const fs::path path = registry.folder() / "history.jsonl";
  const std::string whole = read_text_file(path);
  write_file_atomic(path, whole + std::string(9000, 'x'));
  CHECK(registry.history().size() == 1);
  registry.promote(1, "first", "anna", sample_time());
  CHECK(registry.history().size() == 2);
  CHECK(read_text_file(path).starts_with(whole + "{\"sequence\":2"));
  require_whole(registry);
}

TEST_CASE("writers that come at once wait for each other", "[registry]") {
  const TemporaryFolder folder;
  const std::vector<VersionSource> files = sample_files(folder);
  constexpr int kWriters = 4;
  constexpr int kEach = 3;
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 0;
      try {
        ModelRegistry registry(folder / "registry", "animal");
        for (int j = 0; j < kEach; ++j) registry.register_version(sample_record(), files, sample_time(j), "anna");
      } catch (...) {
        code = 1;
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  // Readers need no lock and never see half a thing.
  const ModelRegistry reader(folder / "registry", "animal");
  for (int i = 0; i < 20; ++i) CHECK_NOTHROW(reader.verify());
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(reader.versions().size() == std::size_t{kWriters * kEach});
  require_whole(reader);
}

TEST_CASE("a writer that waits too long for another says so", "[registry]") {
  const TemporaryFolder folder;
  RegistryOptions slow;
  std::jthread impatient;
  std::string message;
  ErrorCode code = ErrorCode::Internal;
  slow.observer = [&](std::string_view) {
    if (impatient.joinable()) return;
    impatient = std::jthread([&] {
      RegistryOptions options;
      options.lock_timeout = std::chrono::milliseconds(30);
      try {
        ModelRegistry(folder / "registry", "animal", options).promote(1, "now", "anna", sample_time());
      } catch (const Error& error) {
        code = error.code();
        message = error.message();
      }
    });
    impatient.join();
  };
  ModelRegistry(folder / "registry", "animal", slow)
      .register_version(sample_record(), sample_files(folder), sample_time(), "anna");
  CHECK(code == ErrorCode::Unavailable);
  CHECK(contains(message, "another program has been writing"));
}

}  // namespace
}  // namespace animalctl::registry
