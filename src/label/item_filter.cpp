#include "label/item_filter.h"

#include <algorithm>
#include <array>
#include <limits>

#include "animalctl/base/text.h"

namespace animalctl::label {
namespace {

std::vector<bool> chosen(const Interner& texts, const std::vector<std::string>& wanted, bool any_case) {
  std::vector<bool> is_chosen(wanted.empty() ? 0 : texts.size());
  for (std::uint32_t id = 0; id < is_chosen.size(); ++id) {
    const std::string text = any_case ? to_upper(texts.text(id)) : texts.text(id);
    is_chosen[id] = std::any_of(wanted.begin(), wanted.end(),
                                [&](const std::string& name) { return text == (any_case ? to_upper(name) : name); });
  }
  return is_chosen;
}

std::vector<std::uint32_t> fold(const Interner& texts) {
  Interner upper;
  std::vector<std::uint32_t> folded(texts.size());
  for (std::uint32_t id = 0; id < texts.size(); ++id) folded[id] = upper.id_of(to_upper(texts.text(id)));
  return folded;
}

constexpr std::array<char, 256> make_lower() {
  std::array<char, 256> lower{};
  for (int c = 0; c < 256; ++c)
    lower[static_cast<std::size_t>(c)] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return lower;
}
constexpr std::array<char, 256> kLower = make_lower();
char lower(char c) {
  return kLower[static_cast<unsigned char>(c)];
}

// A time without a whole number of milliseconds is rounded up, so that >= and < mean what they say.
std::int64_t ceil_milliseconds(Time time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

CompiledFilter::CompiledFilter(const ItemFilter& filter, const FrameTable& table) : table_(table) {
  for (const ItemState state : filter.states) states_ |= static_cast<std::uint8_t>(1 << static_cast<int>(state));
  if (filter.states.empty()) states_ = 0b0111;
  labels_ = chosen(table.label_names(), filter.labels, true);
  sources_ = chosen(table.source_names(), filter.sources, false);
  if (!filter.annotator.empty()) {
    annotator_ = std::numeric_limits<std::uint32_t>::max();
    for (std::uint32_t id = 1; id < table.people().size(); ++id) {
      if (table.people().text(id) == filter.annotator) annotator_ = id;
    }
  }
  needs_time_ = filter.from || filter.to;
  if (filter.from) from_ms_ = ceil_milliseconds(*filter.from);
  if (filter.to) to_ms_ = ceil_milliseconds(*filter.to);
  any_annotation_ = labels_.empty() && sources_.empty() && !annotator_ && !needs_time_;
  version_ = filter.version;
  needs_score_ = filter.lowest_score || filter.highest_score;
  lowest_ = filter.lowest_score.value_or(-std::numeric_limits<double>::infinity());
  highest_ = filter.highest_score.value_or(std::numeric_limits<double>::infinity());
  disagree_ = filter.disagree;
  any_prediction_ = !version_ && !needs_score_ && !disagree_;
  if (disagree_) folded_ = fold(table.label_names());
  compile_name_part(filter.name_part);
}

// Names have at most 255 bytes; a longer part is in none of them.
void CompiledFilter::compile_name_part(const std::string& part) {
  name_part_ = to_lower(part);
  const std::size_t size = std::min<std::size_t>(name_part_.size(), 255);
  shifts_.fill(static_cast<std::uint8_t>(size));
  for (std::size_t i = 0; i + 1 < size; ++i) {
    const auto byte = static_cast<unsigned char>(name_part_[i]);
    shifts_[byte] = static_cast<std::uint8_t>(size - 1 - i);
    if (byte >= 'a' && byte <= 'z') shifts_[byte - 32U] = shifts_[byte];
  }
}

bool CompiledFilter::passes(FrameId id) const {
  const std::uint8_t state = table_.states()[id];
  if (state == FrameTable::kGone || (states_ >> state & 1) == 0) return false;
  if (!any_annotation_ && !passes_annotation(id)) return false;
  if (!any_prediction_ && !passes_prediction(id)) return false;
  return name_part_.empty() || name_contains_part(id);
}

bool CompiledFilter::passes_annotation(FrameId id) const {
  if (!labels_.empty() && !labels_[table_.labels()[id]]) return false;
  if (!sources_.empty() && !sources_[table_.sources()[id]]) return false;
  if (annotator_ && table_.annotators()[id] != *annotator_) return false;
  if (!needs_time_) return true;
  const std::int64_t at = table_.labelled_ms()[id];
  return at != FrameTable::kNoTime && at >= from_ms_ && (!to_ms_ || at < *to_ms_);
}

bool CompiledFilter::passes_prediction(FrameId id) const {
  const bool predicted = table_.predicted()[id] != 0;
  if (version_ && table_.versions()[id] != *version_ && !(predicted && table_.predicted_versions()[id] == *version_)) {
    return false;
  }
  if (needs_score_) {
    const double score = table_.predicted_scores()[id];
    if (!predicted || !(score >= lowest_ && score <= highest_)) return false;
  }
  if (!disagree_) return true;
  const std::uint32_t label = table_.labels()[id];
  return predicted && label != 0 && folded_[label] != folded_[table_.predicted()[id]];
}

bool CompiledFilter::name_contains_part(FrameId id) const {
  const std::string_view name = table_.name(id);
  const std::size_t size = name_part_.size();
  for (std::size_t end = size; end <= name.size(); end += shifts_[static_cast<unsigned char>(name[end - 1])]) {
    std::size_t left = size;
    while (left > 0 && lower(name[end - size + left - 1]) == name_part_[left - 1]) --left;
    if (left == 0) return true;
  }
  return false;
}

}  // namespace animalctl::label
