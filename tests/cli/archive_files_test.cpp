#include "cli/archive_files.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "cli/archive_lineage.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

using cli::archive_time;
using cli::describe_archived_model;

TEST_CASE("handlers are found as torch-model-archiver finds them", "[archive]") {
  CHECK(cli::is_stock_handler("image_classifier"));
  CHECK_FALSE(cli::is_stock_handler("my_handler"));
  for (const char* handler : {"h", "h.py", "h:run", "h.py:run"}) CHECK(cli::handler_file(handler) == "h.py");
}

TEST_CASE("extra files are files, and folders without themselves", "[archive]") {
  const TemporaryFolder folder;
  for (const char* name : {"d/b.txt", "d/sub/a.txt", "d/.git/x", "d/__pycache__/x", "one.txt"}) {
    write_file_atomic(folder / name, std::string_view("x"));
  }
  const auto members = cli::extra_members((folder / "one.txt").string() + ", " + (folder / "d").string());
  std::vector<std::string> names;
  for (const auto& member : members) names.push_back(member.name);
  CHECK(names == std::vector<std::string>{"one.txt", "b.txt", "sub/a.txt"});
  CHECK(cli::extra_members("").empty());
  require_error(ErrorCode::NotFound, "none", [&] { cli::extra_members((folder / "none").string()); });
}

TEST_CASE("labels are lower case and filled up to what TorchServe shows", "[archive]") {
  const auto labels = nlohmann::json::parse(cli::labels_json({"CAT", "DOG"}, 5));
  CHECK(labels.size() == 5);
  CHECK(labels.at("1") == "dog");
  CHECK(labels.at("4") == "none");
  CHECK(nlohmann::json::parse(cli::labels_json({"A", "B", "C"}, 2)).size() == 3);
}

TEST_CASE("the time of an archive is the one that is given", "[archive]") {
  CHECK(archive_time("1764079439").seconds == 1'764'079'439);
  CHECK(archive_time("0").given);
  CHECK_FALSE(archive_time(std::nullopt).given);
  CHECK(archive_time(std::nullopt).seconds > 1'600'000'000);
  for (const char* text : {"", "soon", "-1", "1.5", "999999999999999"}) {
    require_error(ErrorCode::InvalidArgument, "SOURCE_DATE_EPOCH", [&] { archive_time(text); });
  }
}

TEST_CASE("lineage and figures come from the run's report", "[archive]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.pth", std::string_view("weights"));
  write_file_atomic(folder / "m_latest.pth", std::string_view("weights"));
  const ExportReport report{"", ExportFormat::TorchServe, 0, 0, 0, "animalnet", {"CAT", "DOG"}, {}};
  const auto without = describe_archived_model(report, folder / "m.pth", 0.25);
  CHECK(without.at("metrics").is_null());
  CHECK(without.at("threshold") == 0.25);
  CHECK(without.at("lineage").at("weights").at("sha256") == sha256("weights").hex());
  CHECK_FALSE(without.at("lineage").contains("run"));
  write_file_atomic(folder / "m.json", std::string_view(R"({"settings": {"seed": 7}, "data": {"digest": "abc"},
    "best_epoch": 0, "epochs": [{"epoch": 0, "val_accuracy": 0.9}, {"epoch": 1, "val_accuracy": 0.8}]})"));
  const auto best = describe_archived_model(report, folder / "m.pth", 0.5);
  CHECK(best.at("metrics").at("val_accuracy") == 0.9);
  CHECK(best.at("lineage").at("seed") == 7);
  CHECK(best.at("lineage").at("data_digest") == "abc");
  const auto latest = describe_archived_model(report, folder / "m_latest.pth", 0.5);
  CHECK(latest.at("metrics").at("val_accuracy") == 0.8);
  CHECK(latest.at("lineage").at("run") == "m");
  for (const char* text : {"noise", "[]"}) {
    write_file_atomic(folder / "m.json", std::string_view(text));
    CHECK(describe_archived_model(report, folder / "m.pth", 0.5).at("metrics").is_null());
  }
}

}  // namespace animalctl::test
