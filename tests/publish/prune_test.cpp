#include "animalctl/publish/prune.h"

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/publish/deployment.h"
#include "animalctl/publish/export_version.h"
#include "registry/sample_version.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::publish {
namespace {

namespace fs = std::filesystem;
using test::require_error;
using test::TemporaryFolder;

TEST_CASE("a prune frees the room in the model store too, but for what is not the version's", "[publish]") {
  const TemporaryFolder folder;
  const fs::path store = folder / "store";
  registry::ModelRegistry registry(folder / "registry", "animal");
  for (int version = 1; version <= 5; ++version) {
    registry.register_version(registry::sample_record(), registry::sample_files(folder), registry::sample_time(),
                              "anna");
    place_archive(registry, version, store);
    registry.promote(version, "better", "anna", registry::sample_time());
  }
  write_file_atomic(store / "animal-2.mar", "somebody's own");
  const PruneRequest request{1, {1}, "old", "anna"};
  const Pruned pruned = prune_versions(registry, request, store, registry::sample_time());
  // Champion 5 and previous 4; 3 is the newest of the old ones, 1 is in use.
  CHECK(pruned.versions == std::vector<int>{2});
  CHECK(pruned.bytes == std::string("weights of a model"
                                    "an archive")
                            .size());
  CHECK(read_text_file(store / "animal-2.mar") == "somebody's own");
  CHECK(fs::exists(store / "animal-1.mar"));
  CHECK(prune_versions(registry, {0, {}, "old", "anna"}, store, registry::sample_time()).versions ==
        std::vector<int>{1, 3});
  CHECK_FALSE(fs::exists(store / "animal-1.mar"));
  CHECK_FALSE(fs::exists(store / "animal-3.mar"));
  CHECK(fs::exists(store / "animal-4.mar"));
  // As a call that was killed before it came to the store leaves it.
  write_file_atomic(store / "animal-3.mar", "an archive");
  CHECK(prune_versions(registry, {0, {}, "old", "anna"}, store, registry::sample_time()).versions.empty());
  CHECK_FALSE(fs::exists(store / "animal-3.mar"));
  require_error(ErrorCode::FailedPrecondition, "were pruned", [&] { place_archive(registry, 3, store); });
  require_error(ErrorCode::FailedPrecondition, "were pruned", [&] { export_version(registry, 3, folder / "out"); });
  CHECK_FALSE(fs::exists(folder / "out"));
}

}  // namespace
}  // namespace animalctl::publish
