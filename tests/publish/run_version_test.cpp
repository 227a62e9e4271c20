#include "animalctl/publish/run_version.h"

#include <string>

#include "animalctl/archive/write_archive.h"
#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::publish {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::require_error;
using test::TemporaryFolder;

constexpr const char* kRun = R"({"format": 1, "model": "base", "classes": ["CAT", "DOG"],
  "settings": {"arch": "smallcnn", "seed": 7}, "data": {"digest": "abc", "train_images": 80, "val_images": 20},
  "epochs": [{"epoch": 0, "val_accuracy": 0.9, "val_loss": 0.3, "train_loss": 0.4, "best": true},
             {"epoch": 1, "val_accuracy": 0.8, "val_loss": 0.5, "train_loss": 0.2, "best": false}],
  "versions": {"animalctl": "0.6"}})";

const registry::MetricRecord* metric_named(const RunVersion& version, const std::string& name) {
  for (const auto& metric : version.record.metrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

fs::path packed_archive(const TemporaryFolder& folder, const std::string& version, const std::string& metadata) {
  archive::WriteRequest request;
  request.manifest.model_name = "animal";
  request.manifest.model_version = version;
  request.manifest.serialized_file = "weights.pt";
  request.manifest.handler = "image_classifier";
  request.members = {{"weights.pt", "", "network"}};
  request.metadata = metadata;
  request.export_path = folder / "packed";
  request.force = true;
  return archive::write_archive(request).path;
}

TEST_CASE("a version knows the best epoch, or the last one for the weights of the last epoch", "[publish]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "base.pth", "best");
  write_file_atomic(folder / "base_latest.pth", "latest");
  write_file_atomic(folder / "base.json", kRun);
  RunFiles files;
  files.checkpoint = folder / "base.pth";
  const RunVersion best = version_of_run(files);
  REQUIRE(metric_named(best, "val_accuracy") != nullptr);
  CHECK(metric_named(best, "val_accuracy")->value == 0.9);
  CHECK(metric_named(best, "val_accuracy")->low.value() < 0.9);
  CHECK(best.record.run == "base");
  CHECK(best.record.architecture == "smallcnn");
  CHECK(best.record.data_digest == "abc");
  CHECK(best.files.size() == 2);
  CHECK(best.unknown.size() == 2);  // archive and snapshots
  files.checkpoint = folder / "base_latest.pth";
  CHECK(metric_named(version_of_run(files), "val_accuracy")->value == 0.8);
}

TEST_CASE("what nobody knows of a version is told", "[publish]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "bare.pth", "weights");
  RunFiles files;
  files.checkpoint = folder / "bare.pth";
  const RunVersion bare = version_of_run(files);
  CHECK(bare.record.metrics.empty());
  CHECK(bare.unknown.size() == 5);
  CHECK(contains(bare.unknown.front(), "no record of the training run"));
}

TEST_CASE("an archive gives name, version and classes, and has to hold the checkpoint's weights", "[publish]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "bare.pth", "weights");
  RunFiles files;
  files.checkpoint = folder / "bare.pth";
  const auto described = [](const std::string& digest) {
    return R"({"format": 1, "classes": ["CAT", "DOG"], "architecture": "resnet18", "lineage": {"weights": {"sha256": ")" +
           digest + "\"}}}";
  };
  files.archive = packed_archive(folder, "3.0", described(sha256(std::string_view("weights")).hex()));
  const RunVersion version = version_of_run(files);
  CHECK(version.record.model == "animal");
  CHECK(version.record.version == 3);
  CHECK(version.record.architecture == "resnet18");
  CHECK(version.record.classes.size() == 2);
  files.archive = packed_archive(folder, "3.0", described(sha256(std::string_view("others")).hex()));
  require_error(ErrorCode::FailedPrecondition, "other weights", [&] { version_of_run(files); });
  for (const char* odd : {"1.5", "v2", "0.0", "1234567890.0"}) {
    files.archive = packed_archive(folder, odd, "");
    require_error(ErrorCode::FailedPrecondition, "whole number", [&] { version_of_run(files); });
  }
  files.archive = packed_archive(folder, "2", "");
  CHECK(version_of_run(files).record.version == 2);
}

TEST_CASE("files that are missing or say nothing are refused", "[publish]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "base.pth", "weights");
  RunFiles files;
  require_error(ErrorCode::InvalidArgument, "needs a checkpoint", [&] { version_of_run(files); });
  files.checkpoint = folder / "base.pth";
  files.report = folder / "none.json";
  require_error(ErrorCode::NotFound, "none.json", [&] { version_of_run(files); });
  write_file_atomic(folder / "none.json", "[]");
  require_error(ErrorCode::DataLoss, "no JSON object", [&] { version_of_run(files); });
  write_file_atomic(folder / "none.json", "{}");
  require_error(ErrorCode::DataLoss, "metrics.accuracy", [&] { version_of_run(files); });
  files.report.clear();
  write_file_atomic(folder / "base.json", "garbled");
  require_error(ErrorCode::DataLoss, "base.json", [&] { version_of_run(files); });
}

TEST_CASE("a split with an image in two parts is refused", "[publish]") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "base.pth", "weights");
  write_file_atomic(folder / "train.csv", "frame_filename\na.jpg\nb.jpg\n");
  write_file_atomic(folder / "test.csv", "frame_filename\nfolder/c.jpg\n");
  RunFiles files;
  files.checkpoint = folder / "base.pth";
  files.train_csv = folder / "train.csv";
  files.test_csv = folder / "test.csv";
  CHECK(version_of_run(files).record.split_digest.size() == 64);
  write_file_atomic(folder / "test.csv", "frame_filename\nfolder/b.jpg\n");
  require_error(ErrorCode::FailedPrecondition, "b.jpg is in train and in test", [&] { version_of_run(files); });
}

}  // namespace
}  // namespace animalctl::publish
