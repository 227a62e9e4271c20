#include "label/event_log.h"

#include <fmt/core.h>

#include <limits>
#include <random>

#include "label/database_text.h"
#include "label/event_rows.h"
#include "label/label_schema.h"

namespace animalctl::label {
namespace {

using lake::ColumnType;
using lake::Row;
using lake::Value;

constexpr std::string_view kInsertEvent =
    "INSERT INTO label_events ({}) VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n, :o, :p, :q, :r, "
    ":s, :t, :u, :v, :w, :x, :y, :z, :aa, :bb)";

constexpr std::string_view kUpsertItem =
    "INSERT INTO label_items (name, event_id, revision, state, label, source, score, version, annotator, labelled_ms, "
    "trash_name) VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k) ON CONFLICT (name) DO UPDATE SET "
    "event_id = excluded.event_id, revision = excluded.revision, state = excluded.state, label = excluded.label, "
    "source = excluded.source, score = excluded.score, version = excluded.version, annotator = excluded.annotator, "
    "labelled_ms = excluded.labelled_ms, trash_name = excluded.trash_name";

}  // namespace

EventLog::EventLog(const std::string& address) : database_(lake::Database::open(address)) {
  migrate_label_tables(*database_);
}

std::uint64_t EventLog::one_number(std::string_view sql) {
  const std::vector<Row> rows = database_->query(sql, {}, {ColumnType::Integer});
  return rows.empty() ? 0 : static_cast<std::uint64_t>(lake::integer(rows.front(), 0));
}

std::uint64_t EventLog::newest_event() {
  return one_number("SELECT MAX(id) FROM label_events");
}

void EventLog::append(const LoggedEvent& logged) {
  static const std::string insert = fmt::format(fmt::runtime(kInsertEvent), event_columns());
  database_->execute(insert, to_row(logged));
  Row item = {to_database_text(logged.event.name), static_cast<std::int64_t>(logged.event.id),
              static_cast<std::int64_t>(logged.event.revision)};
  append_standing(item, logged.after);
  const bool in_trash = logged.after.state == ItemState::Rejected;
  item.emplace_back(in_trash ? to_database_text(logged.trash_name) : std::string());
  database_->execute(kUpsertItem, item);
}

std::optional<LoggedEvent> EventLog::one_event(std::string_view condition, const Row& parameters) {
  std::optional<LoggedEvent> found;
  database_->query(
      fmt::format("SELECT {} FROM label_events e WHERE {} ORDER BY id DESC LIMIT 1", event_columns(), condition),
      parameters, event_column_types(), [&](const Row& row) { found = event_from_row(row); });
  return found;
}

std::optional<LoggedEvent> EventLog::event(std::uint64_t id) {
  return one_event("id = :a", {static_cast<std::int64_t>(id)});
}

std::optional<LoggedEvent> EventLog::newest_to_undo(std::string_view annotator, std::optional<std::uint64_t> below) {
  constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();
  return one_event(
      "annotator = :a AND id < :b AND undoes IS NULL AND origin <> 'file' AND NOT EXISTS "
      "(SELECT 1 FROM label_events u WHERE u.undoes = e.id)",
      {to_database_text(annotator), below ? static_cast<std::int64_t>(*below) : kNewest});
}

std::optional<LoggedEvent> EventLog::newest_rejection(std::string_view name) {
  return one_event("name = :a AND after_state = 'rejected' AND before_state <> 'rejected'", {to_database_text(name)});
}

std::optional<KeptOutcome> EventLog::outcome_of(std::string_view key) {
  std::optional<KeptOutcome> kept;
  const ColumnType columns[] = {ColumnType::Integer, ColumnType::Text, ColumnType::Text, ColumnType::Integer};
  database_->query("SELECT status, message, item, undone FROM label_keys WHERE request_key = :a", {std::string(key)},
                   columns, [&](const Row& row) {
                     kept.emplace();
                     kept->outcome.status = static_cast<ChangeStatus>(lake::integer(row, 0));
                     kept->outcome.message = from_database_text(lake::text(row, 1));
                     if (!lake::is_null(row, 2)) kept->outcome.item = item_from_text(lake::text(row, 2));
                     if (!lake::is_null(row, 3)) kept->undone = static_cast<std::uint64_t>(lake::integer(row, 3));
                   });
  return kept;
}

void EventLog::keep_outcome(std::string_view key, const KeptOutcome& kept) {
  const ChangeOutcome& outcome = kept.outcome;
  database_->execute("INSERT INTO label_keys (request_key, status, message, item, undone) VALUES (:a, :b, :c, :d, :e)",
                     Row{std::string(key), static_cast<std::int64_t>(outcome.status), to_database_text(outcome.message),
                         outcome.item ? Value(item_to_text(*outcome.item)) : Value(),
                         kept.undone ? Value(static_cast<std::int64_t>(*kept.undone)) : Value()});
}

void EventLog::keep_predictions(std::span<const std::pair<std::string, Prediction>> predictions, std::uint64_t stamp) {
  if (predictions.empty()) return;
  std::vector<Row> rows;
  rows.reserve(predictions.size());
  for (const auto& [name, prediction] : predictions) {
    rows.push_back(Row{to_database_text(name), static_cast<std::int64_t>(stamp), to_database_text(prediction.label),
                       prediction.score, std::int64_t{prediction.version}});
  }
  database_->execute(
      "INSERT INTO label_predictions (name, stamp, label, score, version) VALUES (:a, :b, :c, :d, :e) ON CONFLICT "
      "(name) DO UPDATE SET stamp = excluded.stamp, label = excluded.label, score = excluded.score, version = "
      "excluded.version",
      std::span<const Row>(rows));
}

std::uint64_t EventLog::newest_stamp() {
  return one_number("SELECT MAX(stamp) FROM label_predictions");
}

void EventLog::for_each_prediction(std::uint64_t above_stamp,
                                   const std::function<void(const std::string&, const Prediction&)>& visit) {
  const ColumnType columns[] = {ColumnType::Text, ColumnType::Text, ColumnType::Real, ColumnType::Integer};
  database_->query("SELECT name, label, score, version FROM label_predictions WHERE stamp > :a",
                   {static_cast<std::int64_t>(above_stamp)}, columns, [&](const Row& row) {
                     visit(from_database_text(lake::text(row, 0)),
                           Prediction{from_database_text(lake::text(row, 1)), lake::real(row, 2),
                                      static_cast<int>(lake::integer(row, 3))});
                   });
}

void EventLog::for_each_item(std::uint64_t above_event, const std::function<void(const LoggedItem&)>& visit) {
  query_items("event_id > :a", static_cast<std::int64_t>(above_event), visit);
}

std::optional<LoggedItem> EventLog::item_of(std::string_view name) {
  std::optional<LoggedItem> found;
  query_items("name = :a", to_database_text(name), [&](const LoggedItem& item) { found = item; });
  return found;
}

void EventLog::query_items(std::string_view condition, const Value& parameter,
                           const std::function<void(const LoggedItem&)>& visit) {
  const ColumnType columns[] = {ColumnType::Text, ColumnType::Integer, ColumnType::Integer, ColumnType::Text,
                                ColumnType::Text, ColumnType::Text,    ColumnType::Real,    ColumnType::Integer,
                                ColumnType::Text, ColumnType::Integer, ColumnType::Text};
  database_->query(
      fmt::format("SELECT name, event_id, revision, state, label, source, score, version, annotator, labelled_ms, "
                  "trash_name FROM label_items WHERE {}",
                  condition),
      {parameter}, columns, [&](const Row& row) {
        LoggedItem item;
        item.name = from_database_text(lake::text(row, 0));
        item.event = static_cast<std::uint64_t>(lake::integer(row, 1));
        item.revision = static_cast<std::uint64_t>(lake::integer(row, 2));
        item.standing = standing_from_row(row, 3);
        item.trash_name = from_database_text(lake::text(row, 10));
        visit(item);
      });
}

void EventLog::for_each_event(std::uint64_t above, const std::function<void(const LoggedEvent&)>& visit) {
  database_->query(fmt::format("SELECT {} FROM label_events WHERE id > :a ORDER BY id", event_columns()),
                   {static_cast<std::int64_t>(above)}, event_column_types(),
                   [&](const Row& row) { visit(event_from_row(row)); });
}

std::uint64_t EventLog::synced_event() {
  return one_number("SELECT number FROM label_facts WHERE fact = 'synced_event'");
}

void EventLog::set_synced_event(std::uint64_t id) {
  set_fact("synced_event", id);
}

std::uint64_t EventLog::database_number() {
  constexpr const char* kQuery = "SELECT number FROM label_facts WHERE fact = 'database_number'";
  if (const std::uint64_t number = one_number(kQuery)) return number;
  std::random_device device;
  set_fact("database_number", (std::uint64_t{device()} << 31 ^ device()) | 1);
  return one_number(kQuery);
}

void EventLog::set_fact(const char* fact, std::uint64_t number) {
  database_->execute(
      "INSERT INTO label_facts (fact, number) VALUES (:f, :a) ON CONFLICT (fact) DO UPDATE SET number = "
      "excluded.number",
      Row{std::string(fact), static_cast<std::int64_t>(number)});
}

}  // namespace animalctl::label
