#include "label/event_rows.h"

#include "label/database_text.h"
#include "label/frame_table.h"

namespace animalctl::label {
namespace {

using lake::ColumnType;
using lake::Value;

constexpr std::size_t kBefore = 13;
constexpr std::size_t kAfter = kBefore + 7;
constexpr std::size_t kTrashName = kAfter + 7;

template <typename T>
Value number_or_null(const std::optional<T>& value) {
  return value ? Value(static_cast<std::int64_t>(*value)) : Value();
}

template <typename T>
std::optional<T> maybe_number(const lake::Row& row, std::size_t column) {
  if (lake::is_null(row, column)) return std::nullopt;
  return static_cast<T>(lake::integer(row, column));
}

Origin origin_of(std::string_view name) {
  for (const Origin origin : {Origin::Page, Origin::Seed, Origin::Import}) {
    if (name_of(origin) == name) return origin;
  }
  return Origin::File;
}

}  // namespace

std::string_view event_columns() {
  return "id, at_ms, name, annotator, action, origin, revision, undoes, shown_label, shown_score, shown_version, "
         "blind, milliseconds, before_state, before_label, before_source, before_score, before_version, "
         "before_annotator, before_labelled_ms, after_state, after_label, after_source, after_score, after_version, "
         "after_annotator, after_labelled_ms, trash_name";
}

std::vector<ColumnType> event_column_types() {
  constexpr ColumnType kInteger = ColumnType::Integer;
  constexpr ColumnType kText = ColumnType::Text;
  constexpr ColumnType kReal = ColumnType::Real;
  return {kInteger, kInteger, kText, kText,    kText,    kText,    kInteger,
          kInteger, kText,    kReal, kInteger, kInteger, kInteger,            // to milliseconds
          kText,    kText,    kText, kReal,    kInteger, kText,    kInteger,  // before
          kText,    kText,    kText, kReal,    kInteger, kText,    kInteger,  // after
          kText};
}

void append_standing(lake::Row& row, const Standing& standing) {
  row.emplace_back(std::string(name_of(standing.state)));
  row.emplace_back(to_database_text(standing.label));
  row.emplace_back(to_database_text(standing.source));
  row.push_back(standing.score ? Value(*standing.score) : Value());
  row.push_back(number_or_null(standing.version));
  row.emplace_back(to_database_text(standing.annotator));
  row.push_back(standing.labelled_at ? Value(to_milliseconds(*standing.labelled_at)) : Value());
}

Standing standing_from_row(const lake::Row& row, std::size_t first) {
  Standing standing;
  standing.state = item_state(lake::text(row, first)).value_or(ItemState::Unlabelled);
  standing.label = from_database_text(lake::text(row, first + 1));
  standing.source = from_database_text(lake::text(row, first + 2));
  if (!lake::is_null(row, first + 3)) standing.score = lake::real(row, first + 3);
  standing.version = maybe_number<int>(row, first + 4);
  standing.annotator = from_database_text(lake::text(row, first + 5));
  if (!lake::is_null(row, first + 6)) standing.labelled_at = from_milliseconds(lake::integer(row, first + 6));
  return standing;
}

lake::Row to_row(const LoggedEvent& logged) {
  const Event& event = logged.event;
  lake::Row row = {
      static_cast<std::int64_t>(event.id),       to_milliseconds(event.at),          to_database_text(event.name),
      to_database_text(event.annotator),         std::string(name_of(event.action)), std::string(name_of(event.origin)),
      static_cast<std::int64_t>(event.revision), number_or_null(event.undoes)};
  row.push_back(event.shown ? Value(to_database_text(event.shown->label)) : Value());
  row.push_back(event.shown ? Value(event.shown->score) : Value());
  row.push_back(event.shown ? Value(std::int64_t{event.shown->version}) : Value());
  row.emplace_back(std::int64_t{event.blind ? 1 : 0});
  row.push_back(number_or_null(event.milliseconds));
  append_standing(row, logged.before);
  append_standing(row, logged.after);
  row.emplace_back(to_database_text(logged.trash_name));
  return row;
}

LoggedEvent event_from_row(const lake::Row& row) {
  LoggedEvent logged;
  Event& event = logged.event;
  event.id = static_cast<std::uint64_t>(lake::integer(row, 0));
  event.at = from_milliseconds(lake::integer(row, 1));
  event.name = from_database_text(lake::text(row, 2));
  event.annotator = from_database_text(lake::text(row, 3));
  event.action = action_of(lake::text(row, 4)).value_or(Action::Label);
  event.origin = origin_of(lake::text(row, 5));
  event.revision = static_cast<std::uint64_t>(lake::integer(row, 6));
  event.undoes = maybe_number<std::uint64_t>(row, 7);
  if (!lake::is_null(row, 8)) {
    event.shown = Prediction{from_database_text(lake::text(row, 8)), lake::real(row, 9),
                             static_cast<int>(lake::integer(row, 10))};
  }
  event.blind = lake::integer(row, 11) != 0;
  event.milliseconds = maybe_number<std::uint32_t>(row, 12);
  logged.before = standing_from_row(row, kBefore);
  logged.after = standing_from_row(row, kAfter);
  logged.trash_name = from_database_text(lake::text(row, kTrashName));
  event.state_before = logged.before.state;
  event.label_before = logged.before.label;
  if (logged.after.state == ItemState::Labelled) {
    event.label = logged.after.label;
    event.source = logged.after.source;
  }
  return logged;
}

}  // namespace animalctl::label
