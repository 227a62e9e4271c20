#include "orchestrate/label_inventory.h"

#include <algorithm>
#include <filesystem>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/annotation_names.h"
#include "animalctl/dataset/frame_listing.h"

namespace animalctl::orchestrate {
namespace {

constexpr std::uint64_t kMaxAnnotation = std::uint64_t{1} << 20;

bool key_below(const LabelEntry& entry, std::uint64_t key) {
  return entry.key < key;
}

}  // namespace

LabelInventory::LabelInventory(const Places& places, int threads)
    : places_(places), classes_(places.classes), threads_(threads), by_class_(classes_.size(), 0) {}

void LabelInventory::scan() {
  std::vector<LabelEntry> entries;
  for (const FrameLabel& item : scan_labels(places_.frames_dir, places_.annotations_dir, classes_, threads_)) {
    entries.push_back({item.key, item.label, item.human});
  }
  std::sort(entries.begin(), entries.end(),
            [](const LabelEntry& left, const LabelEntry& right) { return left.key < right.key; });
  entries.shrink_to_fit();
  if (entries == entries_) return;
  entries_ = std::move(entries);
  ++revision_;
  count();
}

void LabelInventory::update(const FolderNews& news) {
  bool enough = !news.everything;
  std::error_code ignored;
  for (const std::string& name : news.frames) {
    if (!is_frame_name(name)) continue;
    // Which frame owns a stem may have changed when one goes.
    if (std::filesystem::is_regular_file(places_.frames_dir / name, ignored)) {
      add_frame(name);
    } else {
      enough = false;
    }
  }
  for (const std::string& name : news.annotations) {
    if (name.ends_with(".json")) enough = update_annotation(name) && enough;
  }
  if (!enough) {
    scan();
  } else {
    count();
  }
}

void LabelInventory::add_frame(const std::string& name) {
  const std::uint64_t key = label_key(plain_annotation_name(name));
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), key, key_below);
  if (place != entries_.end() && place->key == key) return;
  entries_.insert(place, LabelEntry{key, -1, false});
  (void)update_annotation(plain_annotation_name(name));
}

// False when no frame of this annotation has been seen.
bool LabelInventory::update_annotation(const std::string& name) {
  const std::uint64_t key = label_key(name);
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), key, key_below);
  if (place == entries_.end() || place->key != key) return false;
  LabelEntry entry{key, -1, false};
  try {
    const std::filesystem::path file = places_.annotations_dir / name;
    const Annotation annotation = parse_annotation(read_text_file(file, kMaxAnnotation), name);
    entry.label = classes_.index_of(annotation.label).value_or(-1);
    entry.human = annotation.source != "auto";
  } catch (const Error&) {
    // Gone or garbled: no label, as in a scan.
  }
  if (!(*place == entry)) ++revision_;
  *place = entry;
  return true;
}

void LabelInventory::count() {
  labelled_ = 0;
  by_class_.assign(classes_.size(), 0);
  for (const LabelEntry& entry : entries_) {
    if (entry.label < 0) continue;
    ++labelled_;
    ++by_class_[static_cast<std::size_t>(entry.label)];
  }
}

}  // namespace animalctl::orchestrate
