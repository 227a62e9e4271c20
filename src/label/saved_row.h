#pragma once

#include <cstdint>

namespace animalctl::label {

// The columns of one image in a saved index. Texts are numbers of the table's lists.
struct SavedRow {
  std::uint8_t state = 0;
  std::uint32_t revision = 0;
  std::uint32_t label = 0;
  std::uint32_t source = 0;
  std::uint32_t annotator = 0;
  double score = 0;
  std::int32_t version = -1;
  std::int64_t labelled_ms = 0;
  std::uint32_t predicted = 0;
  double predicted_score = 0;
  std::int32_t predicted_version = -1;
  std::uint64_t bytes = 0;
  std::int64_t modified_ms = 0;
  std::int64_t annotation_time = 0;
  float drift = 0;
  float suspicion = 0;

  // Calls `field` with every member, in the order of the file.
  template <typename Row, typename Field>
  static constexpr void each(Row& row, const Field& field) {
    field(row.state);
    field(row.revision);
    field(row.label);
    field(row.source);
    field(row.annotator);
    field(row.score);
    field(row.version);
    field(row.labelled_ms);
    field(row.predicted);
    field(row.predicted_score);
    field(row.predicted_version);
    field(row.bytes);
    field(row.modified_ms);
    field(row.annotation_time);
    field(row.drift);
    field(row.suspicion);
  }
};

}  // namespace animalctl::label
