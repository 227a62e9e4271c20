#include "animalctl/report/run_record.h"

#include <cmath>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using test::require_error;

RunRecord record_of(const std::string& text) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder.path() / "run.json", text);
  return read_run_record(folder.path() / "run.json");
}

TEST_CASE("a run's settings keep their order and its epochs their numbers") {
  const RunRecord record = record_of(
      R"({"format": 1, "settings": {"lr": 0.0003, "arch": "animalnet", "resume": false, "seed": 7},
          "data": {"digest": "abc"}, "versions": {"animalctl": "0.1.0"},
          "epochs": [{"epoch": 4, "train_loss": 0.5, "val_loss": null, "best": true}, {}], "unknown": [1]})");
  const NamedValues expected{{"lr", "0.0003"}, {"arch", "animalnet"}, {"resume", "false"}, {"seed", "7"}};
  CHECK(record.settings == expected);
  CHECK(record.versions == NamedValues{{"animalctl", "0.1.0"}});
  CHECK(record.data_digest == "abc");
  REQUIRE(record.epochs.size() == 2);
  CHECK(record.epochs[0].epoch == 4);
  CHECK(record.epochs[0].train_loss == 0.5);
  CHECK(record.epochs[0].best);
  CHECK(std::isnan(record.epochs[0].val_loss));
  CHECK(record.epochs[1].epoch == 1);
  CHECK(std::isnan(record.epochs[1].val_accuracy));
}

TEST_CASE("a run file without any known field is an empty record") {
  const RunRecord record = record_of("{}");
  CHECK(record.settings.empty());
  CHECK(record.epochs.empty());
}

TEST_CASE("a run file that is garbage, of other types, newer or missing is refused with the field's name") {
  require_error(ErrorCode::DataLoss, "is not JSON", [] { (void)record_of("\x89PNG garbage"); });
  require_error(ErrorCode::DataLoss, "holds no object", [] { (void)record_of("[1]"); });
  require_error(ErrorCode::DataLoss, "\"format\" is no whole number", [] { (void)record_of(R"({"format": "1"})"); });
  require_error(ErrorCode::Unimplemented, "format 2", [] { (void)record_of(R"({"format": 2})"); });
  require_error(ErrorCode::DataLoss, "\"settings\" is no object", [] { (void)record_of(R"({"settings": []})"); });
  require_error(ErrorCode::DataLoss, "\"data\" is no object", [] { (void)record_of(R"({"data": 1})"); });
  require_error(ErrorCode::DataLoss, "\"data.digest\"", [] { (void)record_of(R"({"data": {"digest": 1}})"); });
  require_error(ErrorCode::DataLoss, "\"epochs\" is no array", [] { (void)record_of(R"({"epochs": {}})"); });
  require_error(ErrorCode::DataLoss, "an epoch is no object", [] { (void)record_of(R"({"epochs": [1]})"); });
  require_error(ErrorCode::DataLoss, "\"epoch\" of an epoch",
                [] { (void)record_of(R"({"epochs": [{"epoch": 0.5}]})"); });
  require_error(ErrorCode::DataLoss, "\"val_loss\" of an epoch is no number",
                [] { (void)record_of(R"({"epochs": [{"val_loss": "x"}]})"); });
  require_error(ErrorCode::DataLoss, "neither true nor false", [] { (void)record_of(R"({"epochs": [{"best": 1}]})"); });
  const test::TemporaryFolder folder;
  require_error(ErrorCode::NotFound, "none.json", [&] { (void)read_run_record(folder.path() / "none.json"); });
}

}  // namespace
}  // namespace animalctl
