#pragma once

#include <set>
#include <string>
#include <vector>

#include "animalctl/orchestrate/settings.h"
#include "orchestrate/label_scan.h"

namespace animalctl::orchestrate {

// Names that came, changed or went in the two folders; `everything`: anything may have.
struct FolderNews {
  std::set<std::string> frames;
  std::set<std::string> annotations;  // with ".json"
  bool everything = false;
  bool empty() const { return frames.empty() && annotations.empty() && !everything; }
};

// How many labels there are now: read once, then kept true by what a watcher tells, so that a new label costs the
// reading of one file. 16 bytes a frame. Not thread-safe.
class LabelInventory {
 public:
  LabelInventory(const Places& places, int threads);

  // Reads both folders.
  void scan();
  // Looks at what is named; reads both folders where names are not enough to know (a frame went, an annotation that
  // belongs to no frame seen yet).
  void update(const FolderNews& news);

  // One entry a frame that was seen, also without a label; sorted by key.
  const std::vector<LabelEntry>& entries() const { return entries_; }
  std::int64_t labelled() const { return labelled_; }
  const std::vector<std::int64_t>& by_class() const { return by_class_; }
  // Rises with every difference.
  std::uint64_t revision() const { return revision_; }

 private:
  bool update_annotation(const std::string& name);
  void add_frame(const std::string& name);
  void count();

  const Places places_;
  const ClassList classes_;
  const int threads_;
  std::vector<LabelEntry> entries_;
  std::int64_t labelled_ = 0;
  std::vector<std::int64_t> by_class_;
  std::uint64_t revision_ = 0;
};

}  // namespace animalctl::orchestrate
