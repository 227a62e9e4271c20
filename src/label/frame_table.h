#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/label/item.h"
#include "label/interner.h"
#include "label/name_index.h"
#include "label/saved_row.h"
#include "label/standing.h"

namespace animalctl::label {

using FrameId = std::uint32_t;
inline constexpr FrameId kNoFrame = NameIndex::kNone;

// Size and time of an image file.
struct FileFacts {
  std::uint64_t bytes = 0;
  std::int64_t modified_ms = 0;  // since 1970
};

// Everything that is known of every image, in columns: about 150 bytes an image with its name. An image's number never
// changes; one whose file is gone keeps its number and is not `present`. Not thread-safe: LabelStore guards it.
class FrameTable {
 public:
  static constexpr std::uint8_t kGone = 255;  // of states(): the file is gone

  // Numbers run from 0 to size() - 1.
  FrameId size() const { return static_cast<FrameId>(name_places_.size()); }
  std::string_view name(FrameId id) const {
    const std::uint64_t place = name_places_[id];
    return {names_.data() + (place >> 8), place & 0xff};
  }
  // Also finds those that are gone; kNoFrame when the name was never seen.
  FrameId find(std::string_view name) const {
    return index_.find(name, [this](FrameId id) { return this->name(id); });
  }
  FrameId find_present(std::string_view name) const {
    const FrameId id = find(name);
    return id != kNoFrame && present(id) ? id : kNoFrame;
  }
  bool present(FrameId id) const { return states_[id] != kGone; }

  void reserve(FrameId frames, std::size_t name_bytes);
  // Adds an image (or brings back one that was gone), unlabelled. The name has 1..255 bytes.
  FrameId insert(std::string_view name, const FileFacts& facts);
  void remove(FrameId id);

  Item item(FrameId id) const;
  Standing standing(FrameId id) const;
  void set_standing(FrameId id, const Standing& standing);
  ItemState state(FrameId id) const { return static_cast<ItemState>(states_[id]); }
  std::uint64_t revision(FrameId id) const { return revisions_[id]; }
  void set_revision(FrameId id, std::uint64_t revision) { revisions_[id] = static_cast<std::uint32_t>(revision); }
  FileFacts facts(FrameId id) const { return {bytes_[id], modified_ms_[id]}; }
  void set_facts(FrameId id, const FileFacts& facts);
  std::optional<Prediction> prediction(FrameId id) const;
  void set_prediction(FrameId id, const Prediction& prediction);
  void set_drift(FrameId id, float value) { drift_[id] = value; }
  void set_suspicion(FrameId id, float value) { suspicion_[id] = value; }
  // The name of a rejected image's file in the trash.
  const std::string& trash_name(FrameId id) const;
  void set_trash_name(FrameId id, const std::string& name);
  // The rejected image whose file has this name in the trash, or kNoFrame.
  FrameId find_in_trash(std::string_view trash_name) const;
  const std::map<std::string, FrameId, std::less<>>& in_trash() const { return in_trash_; }
  // When the annotation file was last written, in nanoseconds since 1970; 0: there is none, or not known.
  std::int64_t annotation_time(FrameId id) const { return annotation_times_[id]; }
  void set_annotation_time(FrameId id, std::int64_t nanoseconds) { annotation_times_[id] = nanoseconds; }

  SavedRow saved_row(FrameId id) const;
  // Adds an image whose name comes after all others', for loading many: it is found by its name after index_names()
  // only. The texts' numbers must be those of this table.
  FrameId append_saved(std::string_view name, const SavedRow& row);
  // Of a table that append_saved() alone has filled.
  void index_names();
  // All that are not gone, by name.
  std::vector<FrameId> present_in_order() const;

  // Place of an image in the bytewise order of names; the images that were added since the last call of
  // settle_order() have none (kNoFrame).
  FrameId rank(FrameId id) const { return id < ranks_.size() ? ranks_[id] : kNoFrame; }
  // Numbers in the order of names: those that have a rank, and the few newer ones.
  const std::vector<FrameId>& order() const { return order_; }
  const std::vector<FrameId>& recent() const { return recent_; }
  bool before(FrameId a, FrameId b) const {
    const FrameId rank_a = rank(a);
    const FrameId rank_b = rank(b);
    if (rank_a != kNoFrame && rank_b != kNoFrame) return rank_a < rank_b;
    return name(a) < name(b);
  }
  // Gives every image a rank; costs a pass over all, so the table does it by itself only now and then.
  void settle_order();

  // Columns, for scans.
  const std::vector<std::uint8_t>& states() const { return states_; }
  const std::vector<std::uint32_t>& labels() const { return labels_; }
  const std::vector<std::uint32_t>& sources() const { return sources_; }
  const std::vector<std::uint32_t>& annotators() const { return annotators_; }
  const std::vector<std::int32_t>& versions() const { return versions_; }            // -1: none
  const std::vector<std::int64_t>& labelled_ms() const { return labelled_ms_; }      // kNoTime: none
  const std::vector<std::uint32_t>& predicted() const { return predicted_labels_; }  // 0: no prediction
  const std::vector<double>& predicted_scores() const { return predicted_scores_; }
  const std::vector<std::int32_t>& predicted_versions() const { return predicted_versions_; }
  const std::vector<std::int64_t>& modified_ms() const { return modified_ms_; }
  const std::vector<std::uint64_t>& bytes() const { return bytes_; }
  const std::vector<float>& drift() const { return drift_; }          // NaN: not told
  const std::vector<float>& suspicion() const { return suspicion_; }  // NaN: not told
  static constexpr std::int64_t kNoTime = INT64_MIN;

  Interner& label_names() { return label_names_; }
  const Interner& label_names() const { return label_names_; }
  Interner& source_names() { return source_names_; }
  const Interner& source_names() const { return source_names_; }
  Interner& people() { return people_; }
  const Interner& people() const { return people_; }

 private:
  std::string names_;                       // one after the other
  std::vector<std::uint64_t> name_places_;  // offset << 8 | length
  NameIndex index_;
  std::vector<FrameId> order_;
  std::vector<FrameId> ranks_;
  std::vector<FrameId> recent_;  // sorted by name

  std::vector<std::uint8_t> states_;
  std::vector<std::uint32_t> revisions_;
  std::vector<std::uint32_t> labels_;
  std::vector<std::uint32_t> sources_;
  std::vector<std::uint32_t> annotators_;
  std::vector<double> scores_;  // NaN: none
  std::vector<std::int32_t> versions_;
  std::vector<std::int64_t> labelled_ms_;
  std::vector<std::uint32_t> predicted_labels_;
  std::vector<double> predicted_scores_;
  std::vector<std::int32_t> predicted_versions_;
  std::vector<std::uint64_t> bytes_;
  std::vector<std::int64_t> modified_ms_;
  std::vector<std::int64_t> annotation_times_;
  std::vector<float> drift_;
  std::vector<float> suspicion_;

  std::map<FrameId, std::string> trash_names_;
  std::map<std::string, FrameId, std::less<>> in_trash_;
  Interner label_names_;
  Interner source_names_;
  Interner people_;
};

// Times are kept to the millisecond.
std::int64_t to_milliseconds(Time time);
Time from_milliseconds(std::int64_t milliseconds);

}  // namespace animalctl::label
