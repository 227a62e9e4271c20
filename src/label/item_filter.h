#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/label/item_query.h"
#include "label/frame_table.h"

namespace animalctl::label {

// An ItemFilter made ready for a scan: texts have become numbers of the table. Valid while the table does not change.
class CompiledFilter {
 public:
  CompiledFilter(const ItemFilter& filter, const FrameTable& table);

  // Images that are gone never pass.
  bool passes(FrameId id) const;

 private:
  bool passes_annotation(FrameId id) const;
  bool passes_prediction(FrameId id) const;
  void compile_name_part(const std::string& part);
  bool name_contains_part(FrameId id) const;

  const FrameTable& table_;
  std::uint8_t states_ = 0;  // a bit a state
  bool any_annotation_ = true;
  bool any_prediction_ = true;
  std::vector<bool> labels_;   // by number; empty: any
  std::vector<bool> sources_;  // by number; empty: any
  std::optional<std::uint32_t> annotator_;
  std::optional<std::int32_t> version_;
  std::int64_t from_ms_ = FrameTable::kNoTime;
  std::optional<std::int64_t> to_ms_;
  bool needs_time_ = false;
  bool needs_score_ = false;
  double lowest_ = 0;
  double highest_ = 0;
  bool disagree_ = false;
  std::vector<std::uint32_t> folded_;  // of a label: the first number with the same text in another letter case
  std::string name_part_;              // lower case
  // Of a byte, in any letter case: how far the part may be moved on when its end lies on it (Horspool 1980).
  std::array<std::uint8_t, 256> shifts_{};
};

}  // namespace animalctl::label
