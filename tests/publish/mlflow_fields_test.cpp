#include "publish/mlflow_fields.h"

#include <nlohmann/json.hpp>
#include <string>

#include "registry/sample_version.h"
#include "support/catch_compat.h"

namespace animalctl::publish {
namespace {

TEST_CASE("the folder of a run's artefacts is what the server hands on, and nothing else", "[publish]") {
  CHECK(mlflow_artifact_folder("mlflow-artifacts:/0/ab12/artifacts") == "0/ab12/artifacts");
  CHECK(mlflow_artifact_folder("mlflow-artifacts:0/ab12/artifacts/") == "0/ab12/artifacts");
  CHECK(mlflow_artifact_folder("mlflow-artifacts://host:5000/root/0/ab/artifacts") == "root/0/ab/artifacts");
  CHECK(mlflow_artifact_folder("http://h:5000/x/api/2.0/mlflow-artifacts/artifacts/0/ab/artifacts") ==
        "0/ab/artifacts");
  for (const char* other :
       {"s3://bucket/0/ab", "/mlruns/0/ab", "file:///mlruns", "http://h/0/ab", "", "mlflow-artifacts:/",
        "mlflow-artifacts://host", "mlflow-artifacts:/a/../b", "mlflow-artifacts:/a b", "mlflow-artifacts:/a?b=c",
        "mlflow-artifacts:/a//b", "mlflow-artifacts:/a\r\nX: y"}) {
    INFO(other);
    CHECK_FALSE(mlflow_artifact_folder(other));
  }
}

TEST_CASE("names and texts fit into what every backend of MLflow takes", "[publish]") {
  registry::VersionRecord record = registry::sample_record();
  record.settings = {{"a=b", "1"}, {"empty", ""}, {std::string(300, 'n'), std::string(5'999, 'x') + "\u00e9"}};
  const auto batches = mlflow_batches(record, 1'700'000'000'000);
  REQUIRE(batches.size() == 2);
  const auto& parameters = batches[0].at("params");
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].at("key") == "a_b");
  CHECK(parameters[1].at("key").get<std::string>().size() == 250);
  CHECK(parameters[1].at("value").get<std::string>() == std::string(5'999, 'x'));
  const auto& metrics = batches[1].at("metrics");
  REQUIRE(metrics.size() == 4);
  CHECK(metrics[1].at("key") == "accuracy_low");
  CHECK(metrics[1].at("value") == 0.92);
  CHECK(metrics[0].at("timestamp") == 1'700'000'000'000);
  CHECK(mlflow_escape("a b/\u00e9~") == "a%20b%2F%C3%A9~");
}

TEST_CASE("parameters come in requests of at most a hundred", "[publish]") {
  registry::VersionRecord record;
  for (int i = 0; i < 230; ++i) record.settings.emplace_back("p" + std::to_string(i), "v");
  const auto batches = mlflow_batches(record, 0);
  REQUIRE(batches.size() == 3);
  CHECK(batches[0].at("params").size() == 100);
  CHECK(batches[2].at("params").size() == 30);
}

TEST_CASE("answers of a server that says something else are empty", "[publish]") {
  const nlohmann::json json = {{"text", "a"}, {"number", 7}, {"list", {1}}};
  CHECK(mlflow_text(json, "text") == "a");
  CHECK(mlflow_text(json, "number") == "7");
  CHECK(mlflow_text(json, "list").empty());
  CHECK(mlflow_text(nlohmann::json(3), "text").empty());
  CHECK(mlflow_object(json, "list").empty());
  CHECK(mlflow_object(nlohmann::json(), "text").empty());
}

}  // namespace
}  // namespace animalctl::publish
