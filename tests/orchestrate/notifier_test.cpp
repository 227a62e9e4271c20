#include "orchestrate/notifier.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::orchestrate {
namespace {

TEST_CASE("what is told of a decision is its row as JSON, whatever its detail holds", "[orchestrate]") {
  lake::DecisionRow row{7, 1'000, "run-000001", "gate", "fail", "too low", R"({"name": "floors"})"};
  nlohmann::json json = nlohmann::json::parse(decision_json(row));
  CHECK(json["time"] == "1970-01-01T00:00:01.000Z");
  CHECK(json["kind"] == "gate");
  CHECK(json["detail"]["name"] == "floors");
  row.detail = "garbled";
  json = nlohmann::json::parse(decision_json(row));
  CHECK(json["detail"].empty());
}

TEST_CASE("a webhook with a wrong address or without its key is refused before anything runs", "[orchestrate]") {
  const test::TemporaryFolder folder;
  NotifySettings settings;
  settings.url = "ftp://example.org";
  test::require_error(ErrorCode::InvalidArgument, "http", [&] { Notifier notifier(settings); });
  settings.url = "http://127.0.0.1:9/hook";
  settings.secret_file = folder / "key";
  test::require_error(ErrorCode::NotFound, "key", [&] { Notifier notifier(settings); });
  write_file_atomic(folder / "key", " \n");
  test::require_error(ErrorCode::InvalidArgument, "holds no key", [&] { Notifier notifier(settings); });
}

TEST_CASE("nobody waits for a webhook that does not answer", "[orchestrate]") {
  NotifySettings settings;
  // The discard port of this machine: nobody listens.
  settings.url = "http://127.0.0.1:9/hook";
  Notifier notifier(settings);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 300; ++i) notifier.tell({});
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(1));
}

}  // namespace
}  // namespace animalctl::orchestrate
