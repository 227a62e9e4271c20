#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "animalctl/lake/database.h"
#include "label/logged_event.h"

namespace animalctl::label {

// The columns of label_events in the order of these rows: "id, at_ms, …".
std::string_view event_columns();
std::vector<lake::ColumnType> event_column_types();
lake::Row to_row(const LoggedEvent& logged);
LoggedEvent event_from_row(const lake::Row& row);

// The seven columns of a Standing: state, label, source, score, version, annotator, time.
void append_standing(lake::Row& row, const Standing& standing);
Standing standing_from_row(const lake::Row& row, std::size_t first);

}  // namespace animalctl::label
