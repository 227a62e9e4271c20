#include "label/stem_table.h"

#include <algorithm>

#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/annotation_names.h"

namespace animalctl::label {
namespace {

constexpr std::string_view kSuffix = ".json";
// Longer names make annotation names that are cut.
constexpr std::size_t kLongestUncut = 250;

}  // namespace

std::string_view StemTable::stem_of(FrameId id) const {
  return frame_stem(table_.name(id));
}

void StemTable::reserve(FrameId frames) {
  first_.reserve(frames, [this](FrameId id) { return stem_of(id); });
}

void StemTable::note_long_name(FrameId id) {
  const std::string_view name = table_.name(id);
  if (name.size() <= kLongestUncut) return;
  shortened_[qualified_annotation_name(name)] = id;
  if (stem_of(id).size() > kLongestUncut) shortened_[plain_annotation_name(name)] = id;
}

void StemTable::add(FrameId id) {
  note_long_name(id);
  const auto text_of = [this](FrameId other) { return stem_of(other); };
  const FrameId first = first_.find(stem_of(id), text_of);
  if (first == kNoFrame) {
    first_.insert(stem_of(id), id, text_of);
    return;
  }
  share(first, id);
}

void StemTable::add_all() {
  const auto text_of = [this](FrameId id) { return stem_of(id); };
  const FrameId count = table_.size();
  FrameId first = 0;
  for (FrameId id = 0; id <= count; ++id) {
    if (id < count && table_.state(id) != ItemState::Rejected) {
      note_long_name(id);
      continue;
    }
    first_.insert_all(first, id, text_of, [this](FrameId later, FrameId known) { share(known, later); });
    first = id + 1;
  }
}

// Another frame, or the same one come back, with the stem that `first` had first.
void StemTable::share(FrameId first, FrameId id) {
  const auto found = shared_.find(first);
  if (found == shared_.end()) {
    if (first == id) return;
    shared_[first] = {first, id};
  } else if (std::find(found->second.begin(), found->second.end(), id) == found->second.end()) {
    found->second.push_back(id);
  }
}

void StemTable::remove(FrameId id) {
  qualified_.erase(id);
  const FrameId owner_before = owner(stem_of(id));
  leave(id);
  // The heir's annotation keeps the qualified name that it has.
  const FrameId heir = owner_before == id ? owner(stem_of(id)) : kNoFrame;
  if (heir != kNoFrame && table_.state(heir) == ItemState::Labelled) qualified_.insert(heir);
}

void StemTable::leave(FrameId id) {
  const FrameId first = first_.find(stem_of(id), [this](FrameId other) { return stem_of(other); });
  if (first == kNoFrame) return;
  const auto found = shared_.find(first);
  if (found == shared_.end()) {
    if (first == id) shared_[first] = {};
  } else {
    std::erase(found->second, id);
  }
}

FrameId StemTable::owner(std::string_view stem) const {
  const FrameId first = first_.find(stem, [this](FrameId other) { return stem_of(other); });
  if (first == kNoFrame) return kNoFrame;
  const auto found = shared_.find(first);
  if (found == shared_.end()) return first;
  const auto best = std::min_element(found->second.begin(), found->second.end(), [this](FrameId a, FrameId b) {
    return owns_before(table_.name(a), table_.name(b));
  });
  return best == found->second.end() ? kNoFrame : *best;
}

bool StemTable::owns(FrameId id) const {
  const FrameId present = owner(stem_of(id));
  return present == kNoFrame || present == id || owns_before(table_.name(id), table_.name(present));
}

void StemTable::set_qualified(FrameId id, bool qualified) {
  if (qualified) {
    qualified_.insert(id);
  } else {
    qualified_.erase(id);
  }
}

std::string StemTable::annotation_name(FrameId id) const {
  if (qualified_.contains(id) || !owns(id)) return qualified_annotation_name(table_.name(id));
  return plain_annotation_name(table_.name(id));
}

bool StemTable::is_qualified_name(FrameId id, std::string_view annotation_name) const {
  return qualified_annotation_name(table_.name(id)) == annotation_name;
}

FrameId StemTable::frame_of(std::string_view annotation_name) const {
  const auto cut = shortened_.find(annotation_name);
  if (cut != shortened_.end()) {
    return is_qualified_name(cut->second, annotation_name) ? cut->second : owner(stem_of(cut->second));
  }
  if (!annotation_name.ends_with(kSuffix)) return kNoFrame;
  const std::string_view base = annotation_name.substr(0, annotation_name.size() - kSuffix.size());
  const FrameId qualified = table_.find_present(base);
  if (qualified != kNoFrame && table_.state(qualified) != ItemState::Rejected) return qualified;
  return owner(base);
}

}  // namespace animalctl::label
