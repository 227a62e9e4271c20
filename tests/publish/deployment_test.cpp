#include "animalctl/publish/deployment.h"

#include <filesystem>

#include "animalctl/base/file.h"
#include "registry/sample_version.h"
#include "serve/canary_config.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::publish {
namespace {

namespace fs = std::filesystem;
using test::require_error;
using test::TemporaryFolder;

TEST_CASE("a version's archive is put into the store under its number, and again when it was changed", "[publish]") {
  const TemporaryFolder folder;
  registry::ModelRegistry registry(folder / "registry", "animal");
  registry.register_version(registry::sample_record(), registry::sample_files(folder), registry::sample_time(), "anna");
  const fs::path store = folder / "store";
  const fs::path stored = place_archive(registry, 1, store);
  CHECK(stored == store / "animal-1.mar");
  CHECK(fs::equivalent(stored, registry.file(1, "archive")));
  CHECK(place_archive(registry, 1, store) == stored);
  fs::remove(stored);
  write_file_atomic(stored, "an ARCHIVE");
  place_archive(registry, 1, store);
  CHECK(read_text_file(stored) == "an archive");
  // A copy of the same content stays what it is.
  write_file_atomic(stored, "an archive");
  place_archive(registry, 1, store);
  CHECK_FALSE(fs::equivalent(stored, registry.file(1, "archive")));
  CHECK(std::distance(fs::directory_iterator(store), fs::directory_iterator()) == 1);
}

TEST_CASE("a version without an archive cannot be put into the store", "[publish]") {
  const TemporaryFolder folder;
  registry::ModelRegistry registry(folder / "registry", "animal");
  const auto files = registry::sample_files(folder);
  registry.register_version(registry::sample_record(), std::span(files).first(1), registry::sample_time(), "anna");
  require_error(ErrorCode::NotFound, "no archive", [&] { place_archive(registry, 1, folder / "store"); });
  require_error(ErrorCode::NotFound, "no version 2", [&] { place_archive(registry, 2, folder / "store"); });
  CHECK_FALSE(fs::exists(folder / "store"));
}

TEST_CASE("serve reads the traffic split as it was written", "[publish]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "config/config.json";
  const auto read = [&] { return serve::parse_canary_config(read_text_file(path), path.string()); };
  write_canary_config(path, all_traffic_to(7));
  CHECK(read() == serve::CanaryConfig{1, 7, 7, false});
  write_canary_config(path, {0.1, 7, 3, true});
  CHECK(read() == serve::CanaryConfig{0.1, 7, 3, true});
  CHECK(read_text_file(path) == serve::to_json(read()) + "\n");
  for (const TrafficSplit& wrong :
       {TrafficSplit{0.5, 3, 7, false}, TrafficSplit{1.1, 3, 3, false}, TrafficSplit{-0.1, 3, 3, false},
        TrafficSplit{0.5, 3, -1, false}, TrafficSplit{0.5, 1'000'000'001, 1, false}}) {
    require_error(ErrorCode::InvalidArgument, "must not be below", [&] { write_canary_config(path, wrong); });
  }
  CHECK(read().current_version == 7);
}

}  // namespace
}  // namespace animalctl::publish
