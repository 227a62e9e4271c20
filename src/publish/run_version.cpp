#include "animalctl/publish/run_version.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/stats/interval.h"
#include "publish/data_lineage.h"
#include "publish/run_json.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLatestEnding = "_latest";

fs::path run_record_beside(const fs::path& checkpoint) {
  std::string name = checkpoint.stem().string();
  std::error_code ignored;
  fs::path path = checkpoint.parent_path() / (name + ".json");
  if (!fs::is_regular_file(path, ignored) && name.ends_with(kLatestEnding)) {
    name.erase(name.size() - kLatestEnding.size());
    path = checkpoint.parent_path() / (name + ".json");
  }
  return fs::is_regular_file(path, ignored) ? path : fs::path();
}

void require_files(const RunFiles& files) {
  if (files.checkpoint.empty()) throw Error(ErrorCode::InvalidArgument, "a version needs a checkpoint");
  for (const fs::path& path : {files.checkpoint, files.run, files.archive, files.report, files.page, files.train_csv,
                               files.val_csv, files.test_csv}) {
    std::error_code ignored;
    if (path.empty() || fs::is_regular_file(path, ignored)) continue;
    throw Error(ErrorCode::NotFound,
                fmt::format("{} is no file, so it cannot become part of a version", path.string()));
  }
}

void list_sources(const RunFiles& files, RunVersion& version) {
  const auto add = [&](const char* role, const fs::path& path) {
    if (!path.empty()) version.files.push_back({role, path});
  };
  add("checkpoint", files.checkpoint);
  add("archive", files.archive);
  add("run", files.run);
  add("report", files.report);
  add("page", files.page);
  add("train_csv", files.train_csv);
  add("val_csv", files.val_csv);
  add("test_csv", files.test_csv);
}

// "3.0" of the manifest is version 3.
int whole_archive_version(const std::string& text, const fs::path& path) {
  int version = 0;
  std::size_t digits = 0;
  while (digits < text.size() && digits < 9 && text[digits] >= '0' && text[digits] <= '9') {
    version = version * 10 + (text[digits++] - '0');
  }
  std::string_view tail = std::string_view(text).substr(digits);
  while (tail.starts_with(".0")) tail.remove_prefix(2);
  if (version >= 1 && tail.empty()) return version;
  throw Error(
      ErrorCode::FailedPrecondition,
      fmt::format("{} is version \"{}\", which no whole number stands for; pack it again with --version 1.0, 2.0, …",
                  path.string(), text));
}

void read_archive(const RunFiles& files, RunVersion& version) {
  if (files.archive.empty()) {
    version.unknown.emplace_back("no archive: the version cannot be served");
    return;
  }
  const archive::OpenArchive opened = archive::OpenArchive::open(files.archive);
  registry::VersionRecord& record = version.record;
  record.model = opened.manifest().model_name;
  record.version = whole_archive_version(opened.manifest().model_version, files.archive);
  const nlohmann::json metadata = opened.metadata();
  const std::string weights = text_member(object_member(object_member(metadata, "lineage"), "weights"), "sha256");
  if (!weights.empty() && weights != sha256(read_file(files.checkpoint)).hex()) {
    throw Error(ErrorCode::FailedPrecondition, fmt::format("{} was packed of other weights than {}; pack it again",
                                                           files.archive.string(), files.checkpoint.string()));
  }
  if (weights.empty()) version.unknown.emplace_back("the archive does not say which weights it was packed of");
  if (record.classes.empty()) record.classes = texts_member(metadata, "classes");
  const std::string architecture = text_member(metadata, "architecture");
  if (!architecture.empty()) record.architecture = architecture;
}

}  // namespace

RunVersion version_of_run(const RunFiles& given) {
  RunFiles files = given;
  if (files.run.empty() && !files.checkpoint.empty()) files.run = run_record_beside(files.checkpoint);
  require_files(files);
  RunVersion version;
  list_sources(files, version);
  if (files.run.empty()) {
    version.unknown.emplace_back("no record of the training run: settings, seed, library versions and data");
  } else {
    read_run_json(files.run, files.checkpoint.stem().string().ends_with(kLatestEnding), version.record);
  }
  read_archive(files, version);
  if (!files.report.empty()) read_report_json(files.report, version.record);
  if (version.record.metrics.empty()) version.unknown.emplace_back("no metrics");
  read_data_lineage(files, version);
  return version;
}

}  // namespace animalctl::publish
