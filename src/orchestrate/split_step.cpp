#include "orchestrate/split_step.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/snapshot.h"
#include "animalctl/registry/merkle.h"
#include "orchestrate/label_scan.h"
#include "orchestrate/pipeline_steps.h"

namespace animalctl::orchestrate {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPartNames[] = {"train", "val", "test"};

std::unordered_set<std::string> frames_labelled_by_people(const StepTools& tools) {
  const Places& places = tools.settings.places;
  const ClassList classes(places.classes);
  std::unordered_set<std::string> frames;
  for (FrameLabel& item : scan_labels(places.frames_dir, places.annotations_dir, classes, tools.settings.threads)) {
    if (item.label >= 0 && item.human) frames.insert(std::move(item.frame));
  }
  return frames;
}

}  // namespace

std::vector<std::string> rows_of(const std::vector<std::string>& rows, const std::unordered_set<std::string>& frames) {
  std::vector<std::string> kept;
  for (const std::string& row : rows) {
    if (frames.contains(fs::path(row).filename().string())) kept.push_back(row);
  }
  return kept;
}

void split_data(const StepTools& tools, const fs::path& work) {
  const Places& places = tools.settings.places;
  const auto csv = [&](const char* part) { return places.data_dir / (std::string(part) + ".csv"); };
  tools.runner.run({{"dataset-split", csv("train").string(), csv("val").string(), csv("test").string(), "--stable",
                     "--frames-dir", places.frames_dir.string(), "--annotations-dir", places.annotations_dir.string(),
                     "--classes", tools.class_list(), "--threads", std::to_string(tools.settings.threads)},
                    tools.folder.log("split"),
                    {0}},
                   tools.stop);
  nlohmann::ordered_json summary;
  std::vector<registry::SplitItem> items;
  for (const char* part : kPartNames) {
    std::vector<std::string> rows = read_snapshot(csv(part));
    if (std::string_view(part) == "test") {
      const std::size_t all = rows.size();
      rows = rows_of(rows, frames_labelled_by_people(tools));
      summary["not_by_people"] = all - rows.size();
      if (rows.empty()) {
        throw Error(ErrorCode::FailedPrecondition,
                    fmt::format("none of the {} test images has a label that a person chose; label some by hand", all));
      }
    }
    write_snapshot(work / (std::string(part) + ".csv"), rows);
    summary[part] = rows.size();
    for (std::string& row : rows) items.push_back({std::move(row), part});
  }
  summary["digest"] = registry::split_digest(items).hex();
  write_file_atomic(work / "split.json", summary.dump(2) + "\n");
}

}  // namespace animalctl::orchestrate
