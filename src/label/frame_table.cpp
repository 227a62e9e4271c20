#include "label/frame_table.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace animalctl::label {
namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();
constexpr float kUntold = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kMostRecent = 4096;

}  // namespace

std::int64_t to_milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Time from_milliseconds(std::int64_t milliseconds) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::milliseconds(milliseconds)));
}

void FrameTable::reserve(FrameId frames, std::size_t name_bytes) {
  names_.reserve(name_bytes);
  index_.reserve(frames, [this](FrameId id) { return name(id); });
  name_places_.reserve(frames);
  order_.reserve(frames);
  ranks_.reserve(frames);
  states_.reserve(frames);
  revisions_.reserve(frames);
  labels_.reserve(frames);
  sources_.reserve(frames);
  annotators_.reserve(frames);
  scores_.reserve(frames);
  versions_.reserve(frames);
  labelled_ms_.reserve(frames);
  predicted_labels_.reserve(frames);
  predicted_scores_.reserve(frames);
  predicted_versions_.reserve(frames);
  bytes_.reserve(frames);
  modified_ms_.reserve(frames);
  annotation_times_.reserve(frames);
  drift_.reserve(frames);
  suspicion_.reserve(frames);
  recent_.reserve(kMostRecent);
}

FrameId FrameTable::insert(std::string_view new_name, const FileFacts& facts) {
  const FrameId known = find(new_name);
  if (known != kNoFrame) {
    if (!present(known)) set_standing(known, Standing{});
    set_facts(known, facts);
    return known;
  }
  const FrameId id = size();
  name_places_.push_back(std::uint64_t{names_.size()} << 8 | new_name.size());
  names_.append(new_name);
  states_.push_back(static_cast<std::uint8_t>(ItemState::Unlabelled));
  revisions_.push_back(0);
  labels_.push_back(0);
  sources_.push_back(0);
  annotators_.push_back(0);
  scores_.push_back(kNoScore);
  versions_.push_back(-1);
  labelled_ms_.push_back(kNoTime);
  predicted_labels_.push_back(0);
  predicted_scores_.push_back(kNoScore);
  predicted_versions_.push_back(-1);
  bytes_.push_back(facts.bytes);
  modified_ms_.push_back(facts.modified_ms);
  annotation_times_.push_back(0);
  drift_.push_back(kUntold);
  suspicion_.push_back(kUntold);
  index_.insert(new_name, id, [this](FrameId other) { return name(other); });
  if (recent_.size() >= kMostRecent) settle_order();
  // Names that come in order, as from a sorted listing, need no search.
  if (recent_.empty() && (order_.empty() || name(order_.back()) < new_name)) {
    ranks_.resize(std::size_t{id} + 1, kNoFrame);
    ranks_[id] = static_cast<FrameId>(order_.size());
    order_.push_back(id);
    return id;
  }
  const auto place = std::lower_bound(recent_.begin(), recent_.end(), new_name,
                                      [this](FrameId other, std::string_view text) { return name(other) < text; });
  recent_.insert(place, id);
  return id;
}

void FrameTable::settle_order() {
  if (recent_.empty()) return;
  std::vector<FrameId> merged;
  merged.reserve(order_.size() + recent_.size());
  std::merge(order_.begin(), order_.end(), recent_.begin(), recent_.end(), std::back_inserter(merged),
             [this](FrameId a, FrameId b) { return name(a) < name(b); });
  order_ = std::move(merged);
  recent_.clear();
  ranks_.assign(size(), kNoFrame);
  for (std::size_t i = 0; i < order_.size(); ++i) ranks_[order_[i]] = static_cast<FrameId>(i);
}

SavedRow FrameTable::saved_row(FrameId id) const {
  SavedRow row;
  row.state = states_[id];
  row.revision = revisions_[id];
  row.label = labels_[id];
  row.source = sources_[id];
  row.annotator = annotators_[id];
  row.score = scores_[id];
  row.version = versions_[id];
  row.labelled_ms = labelled_ms_[id];
  row.predicted = predicted_labels_[id];
  row.predicted_score = predicted_scores_[id];
  row.predicted_version = predicted_versions_[id];
  row.bytes = bytes_[id];
  row.modified_ms = modified_ms_[id];
  row.annotation_time = annotation_times_[id];
  row.drift = drift_[id];
  row.suspicion = suspicion_[id];
  return row;
}

FrameId FrameTable::append_saved(std::string_view new_name, const SavedRow& row) {
  const FrameId id = size();
  name_places_.push_back(std::uint64_t{names_.size()} << 8 | new_name.size());
  names_.append(new_name);
  states_.push_back(row.state);
  revisions_.push_back(row.revision);
  labels_.push_back(row.label);
  sources_.push_back(row.source);
  annotators_.push_back(row.annotator);
  scores_.push_back(row.score);
  versions_.push_back(row.version);
  labelled_ms_.push_back(row.labelled_ms);
  predicted_labels_.push_back(row.predicted);
  predicted_scores_.push_back(row.predicted_score);
  predicted_versions_.push_back(row.predicted_version);
  bytes_.push_back(row.bytes);
  modified_ms_.push_back(row.modified_ms);
  annotation_times_.push_back(row.annotation_time);
  drift_.push_back(row.drift);
  suspicion_.push_back(row.suspicion);
  ranks_.push_back(id);
  order_.push_back(id);
  return id;
}

void FrameTable::index_names() {
  index_.insert_all(
      0, size(), [this](FrameId id) { return name(id); }, [](FrameId, FrameId) {});
}

std::vector<FrameId> FrameTable::present_in_order() const {
  std::vector<FrameId> ids;
  ids.reserve(order_.size() + recent_.size());
  std::merge(order_.begin(), order_.end(), recent_.begin(), recent_.end(), std::back_inserter(ids),
             [this](FrameId a, FrameId b) { return name(a) < name(b); });
  std::erase_if(ids, [this](FrameId id) { return !present(id); });
  return ids;
}

void FrameTable::remove(FrameId id) {
  set_standing(id, Standing{});
  states_[id] = kGone;
  predicted_labels_[id] = 0;
  predicted_scores_[id] = kNoScore;
  predicted_versions_[id] = -1;
  annotation_times_[id] = 0;
  drift_[id] = kUntold;
  suspicion_[id] = kUntold;
  set_trash_name(id, "");
}

Standing FrameTable::standing(FrameId id) const {
  Standing standing;
  standing.state = state(id);
  standing.label = label_names_.text(labels_[id]);
  standing.source = source_names_.text(sources_[id]);
  if (!std::isnan(scores_[id])) standing.score = scores_[id];
  if (versions_[id] >= 0) standing.version = versions_[id];
  standing.annotator = people_.text(annotators_[id]);
  if (labelled_ms_[id] != kNoTime) standing.labelled_at = from_milliseconds(labelled_ms_[id]);
  return standing;
}

void FrameTable::set_standing(FrameId id, const Standing& standing) {
  states_[id] = static_cast<std::uint8_t>(standing.state);
  labels_[id] = label_names_.id_of(standing.label);
  sources_[id] = source_names_.id_of(standing.source);
  scores_[id] = standing.score.value_or(kNoScore);
  versions_[id] = standing.version.value_or(-1);
  annotators_[id] = people_.id_of(standing.annotator);
  labelled_ms_[id] = standing.labelled_at ? to_milliseconds(*standing.labelled_at) : kNoTime;
}

Item FrameTable::item(FrameId id) const {
  Standing standing = this->standing(id);
  Item item;
  item.name = name(id);
  item.revision = revisions_[id];
  item.state = standing.state;
  item.label = std::move(standing.label);
  item.source = std::move(standing.source);
  item.score = standing.score;
  item.version = standing.version;
  item.annotator = std::move(standing.annotator);
  item.labelled_at = standing.labelled_at;
  item.prediction = prediction(id);
  item.bytes = bytes_[id];
  item.modified_at = from_milliseconds(modified_ms_[id]);
  if (!std::isnan(drift_[id])) item.drift = drift_[id];
  return item;
}

void FrameTable::set_facts(FrameId id, const FileFacts& facts) {
  bytes_[id] = facts.bytes;
  modified_ms_[id] = facts.modified_ms;
}

std::optional<Prediction> FrameTable::prediction(FrameId id) const {
  if (predicted_labels_[id] == 0) return std::nullopt;
  return Prediction{label_names_.text(predicted_labels_[id]), predicted_scores_[id], predicted_versions_[id]};
}

void FrameTable::set_prediction(FrameId id, const Prediction& prediction) {
  predicted_labels_[id] = label_names_.id_of(prediction.label);
  predicted_scores_[id] = prediction.score;
  predicted_versions_[id] = prediction.version;
}

const std::string& FrameTable::trash_name(FrameId id) const {
  static const std::string kNone;
  const auto found = trash_names_.find(id);
  return found == trash_names_.end() ? kNone : found->second;
}

void FrameTable::set_trash_name(FrameId id, const std::string& name) {
  const auto known = trash_names_.find(id);
  if (known != trash_names_.end()) {
    in_trash_.erase(known->second);
    trash_names_.erase(known);
  }
  if (name.empty()) return;
  trash_names_[id] = name;
  in_trash_[name] = id;
}

FrameId FrameTable::find_in_trash(std::string_view trash_name) const {
  const auto found = in_trash_.find(trash_name);
  return found == in_trash_.end() ? kNoFrame : found->second;
}

}  // namespace animalctl::label
