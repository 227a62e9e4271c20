#include "publish/data_lineage.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/dataset/class_list.h"
#include "animalctl/dataset/labelled_set.h"
#include "animalctl/dataset/snapshot.h"
#include "animalctl/registry/merkle.h"

namespace animalctl::publish {
namespace fs = std::filesystem;
namespace {

using Parts = std::array<std::pair<const char*, fs::path>, 3>;

Parts parts_of(const RunFiles& files) {
  return {{{"train", files.train_csv}, {"val", files.val_csv}, {"test", files.test_csv}}};
}

// A row may be a path; an image is known by its file's name, as everywhere in the workspace.
std::string image_name(const std::string& row) {
  return fs::path(row).filename().string();
}

std::string digest_of_split(const RunFiles& files) {
  std::map<std::string, const char*> part_of;
  for (const auto& [part, csv] : parts_of(files)) {
    if (csv.empty()) continue;
    for (const std::string& row : read_snapshot(csv)) {
      const auto [known, fresh] = part_of.emplace(image_name(row), part);
      if (fresh || known->second == std::string_view(part)) continue;
      throw Error(ErrorCode::FailedPrecondition,
                  fmt::format("{} is in {} and in {}: what was measured there says nothing; split again", known->first,
                              known->second, part));
    }
  }
  std::vector<registry::SplitItem> items;
  items.reserve(part_of.size());
  for (const auto& [name, part] : part_of) items.push_back({name, part});
  return registry::split_digest(items).hex();
}

// Of the images that were trained and validated on.
std::string digest_of_data(const RunFiles& files, const std::vector<std::string>& classes) {
  std::map<std::string, registry::DataItem> items;
  for (const fs::path& csv : {files.train_csv, files.val_csv}) {
    if (csv.empty()) continue;
    const LabelledSet set =
        load_labelled_set({csv, files.frames_dir, files.annotations_dir, ClassList(classes), false, 0});
    for (const LabelledFrame& frame : set.frames) {
      std::string name = frame.frame.filename().string();
      registry::DataItem item{name, sha256(read_file(frame.frame)), classes.at(static_cast<std::size_t>(frame.label))};
      items.emplace(std::move(name), std::move(item));
    }
  }
  std::vector<registry::DataItem> list;
  list.reserve(items.size());
  for (auto& [name, item] : items) list.push_back(std::move(item));
  return registry::data_digest(list).hex();
}

}  // namespace

void read_data_lineage(const RunFiles& files, RunVersion& version) {
  const bool split = !files.train_csv.empty() || !files.val_csv.empty() || !files.test_csv.empty();
  if (split) {
    version.record.split_digest = digest_of_split(files);
  } else {
    version.unknown.emplace_back("no snapshots: which image was in which part");
  }
  const bool images = !files.frames_dir.empty() && !files.annotations_dir.empty() && !files.train_csv.empty();
  if (images && !version.record.classes.empty()) {
    version.record.data_digest = digest_of_data(files, version.record.classes);
  } else if (version.record.data_digest.empty()) {
    version.unknown.emplace_back("no digest of the data");
  }
}

}  // namespace animalctl::publish
