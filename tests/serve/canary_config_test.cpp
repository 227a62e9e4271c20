#include "serve/canary_config.h"

#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::serve {
namespace {

using test::require_error;
using test::TemporaryFolder;

void refused(ErrorCode code, std::string_view part, std::string_view text) {
  INFO("config: " << text);
  require_error(code, part, [&] { (void)parse_canary_config(text, "config.json"); });
}

TEST_CASE("the seed's config is read as it is", "[canary]") {
  const CanaryConfig config =
      parse_canary_config(R"({"traffic":0.25,"current_version":3,"previous_version":2})", "config.json");
  CHECK(config == CanaryConfig{0.25, 3, 2, false});
  CHECK(parse_canary_config(R"({"traffic":1,"current_version":1,"previous_version":1,"shadow":true})", "x").shadow);
}

TEST_CASE("a config that is written is the one that is read", "[canary]") {
  for (const CanaryConfig& config :
       {CanaryConfig{}, CanaryConfig{0, 7, 0, true}, CanaryConfig{0.1, 1'000'000'000, 2, false}}) {
    CHECK(parse_canary_config(to_json(config), "x") == config);
  }
  CHECK(to_json({}) == R"({"traffic":1.0,"current_version":1,"previous_version":1})");
}

TEST_CASE("a config that makes no sense is refused with the key and what is accepted", "[canary]") {
  using enum ErrorCode;
  refused(DataLoss, "config.json is not JSON", "{");
  refused(DataLoss, "stands twice", R"({"traffic":1,"traffic":0,"current_version":1,"previous_version":1})");
  refused(InvalidArgument, "it is array, not an object", "[]");
  refused(InvalidArgument, "\"traffic\" is missing", R"({"current_version":1,"previous_version":1})");
  refused(InvalidArgument, "\"current_version\" is missing", R"({"traffic":1,"previous_version":1})");
  refused(InvalidArgument, "\"previous_version\" is missing", R"({"traffic":1,"current_version":1})");
  refused(InvalidArgument, "the key \"trafic\" is unknown (\"traffic\"?)",
          R"({"trafic":1,"current_version":1,"previous_version":1})");
  refused(InvalidArgument, "traffic is string", R"({"traffic":"1","current_version":1,"previous_version":1})");
  refused(InvalidArgument, "traffic is 1.5", R"({"traffic":1.5,"current_version":1,"previous_version":1})");
  refused(InvalidArgument, "traffic is -0.1", R"({"traffic":-0.1,"current_version":1,"previous_version":1})");
  refused(InvalidArgument, "current_version is 1.5", R"({"traffic":1,"current_version":1.5,"previous_version":1})");
  refused(InvalidArgument, "current_version is string", R"({"traffic":1,"current_version":"1","previous_version":1})");
  refused(InvalidArgument, "previous_version is -1", R"({"traffic":1,"current_version":1,"previous_version":-1})");
  refused(InvalidArgument, "from 0 to 1000000000",
          R"({"traffic":1,"current_version":4294967297,"previous_version":1})");
  refused(InvalidArgument, "shadow is number", R"({"traffic":1,"current_version":1,"previous_version":1,"shadow":1})");
  refused(InvalidArgument, "current_version 1 is lower than previous_version 2",
          R"({"traffic":1,"current_version":1,"previous_version":2})");
}

TEST_CASE("an archive's version stands for the whole number that it equals", "[canary]") {
  CHECK(whole_version("2") == 2);
  CHECK(whole_version("2.0") == 2);
  CHECK(whole_version("2.0.0") == 2);
  CHECK(whole_version("0.0") == 0);
  for (const char* none : {"", "1.5", "2.", "2.0.", "2.00", "v2", "2-rc", "-1", "1000000001", "99999999999999999999"}) {
    INFO(none);
    CHECK(whole_version(none) == std::nullopt);
  }
}

TEST_CASE("without a file the defaults are in use, and reading again takes what was put there", "[canary]") {
  const TemporaryFolder folder;
  CanaryConfigFile file(folder / "config/config.json", [] { return CanaryConfig{1.0, 4, 4, false}; }, {});
  CHECK(*file.snapshot() == CanaryConfig{1.0, 4, 4, false});
  CHECK_FALSE(std::filesystem::exists(folder / "config/config.json"));

  write_file_atomic(folder / "config/config.json", R"({"traffic":0.5,"current_version":5,"previous_version":4})");
  CHECK(*file.reload() == CanaryConfig{0.5, 5, 4, false});
  CHECK(*file.snapshot() == CanaryConfig{0.5, 5, 4, false});
}

TEST_CASE("a garbled file at the start is an error, later it leaves the config in use", "[canary]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "config.json", R"({"traffic":0.5,"current_version":5,"previous_version":4})");
  CanaryConfigFile file(folder / "config.json", {}, {});
  write_file_atomic(folder / "config.json", "{}");
  require_error(ErrorCode::InvalidArgument, "config.json: the key \"traffic\" is missing",
                [&] { (void)file.reload(); });
  CHECK(file.snapshot()->current_version == 5);
  require_error(ErrorCode::InvalidArgument, "config.json", [&] { CanaryConfigFile(folder / "config.json", {}, {}); });
}

TEST_CASE("a new config is durable in the file before it is in use", "[canary]") {
  const TemporaryFolder folder;
  CanaryConfigFile file(folder / "config/config.json", {}, {});
  const std::shared_ptr<const CanaryConfig> before = file.snapshot();
  CHECK(*file.replace({0.1, 2, 1, true}) == CanaryConfig{0.1, 2, 1, true});
  CHECK(read_text_file(folder / "config/config.json") ==
        "{\"traffic\":0.1,\"current_version\":2,\"previous_version\":1,\"shadow\":true}\n");
  // Who holds the old snapshot keeps it.
  CHECK(*before == CanaryConfig{});
}

TEST_CASE("a config that cannot be served or written changes nothing", "[canary]") {
  const TemporaryFolder folder;
  CanaryConfigFile file(folder / "config.json", {}, [](const CanaryConfig& config) {
    if (config.current_version > 2) throw Error(ErrorCode::FailedPrecondition, "version 3 is not loaded");
  });
  (void)file.replace({0.5, 2, 1, false});
  require_error(ErrorCode::FailedPrecondition, "not loaded", [&] { (void)file.replace({0.5, 3, 1, false}); });
  CHECK(file.snapshot()->current_version == 2);
  CHECK(test::contains(read_text_file(folder / "config.json"), "\"current_version\":2"));

  write_file_atomic(folder / "config.json", to_json({0.5, 3, 1, false}));
  require_error(ErrorCode::FailedPrecondition, "not loaded", [&] { (void)file.reload(); });
  CHECK(file.snapshot()->current_version == 2);

  // Nobody can make files there.
  CanaryConfigFile unwritable("/proc/config.json", {}, {});
  require_error(ErrorCode::NotFound, "/proc/config.json", [&] { (void)unwritable.replace({0.5, 2, 1, false}); });
  CHECK(*unwritable.snapshot() == CanaryConfig{});
}

}  // namespace
}  // namespace animalctl::serve
