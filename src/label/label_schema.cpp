#include "label/label_schema.h"

#include <array>
#include <string_view>

namespace animalctl::label {
namespace {

// Times are milliseconds since 1970 (UTC). Ids are given by the program, so that both databases count alike.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE label_events (
  id BIGINT PRIMARY KEY, at_ms BIGINT NOT NULL, name TEXT NOT NULL, annotator TEXT NOT NULL, action TEXT NOT NULL,
  origin TEXT NOT NULL, revision BIGINT NOT NULL, undoes BIGINT,
  shown_label TEXT, shown_score DOUBLE PRECISION, shown_version BIGINT, blind BIGINT NOT NULL, milliseconds BIGINT,
  before_state TEXT NOT NULL, before_label TEXT NOT NULL, before_source TEXT NOT NULL, before_score DOUBLE PRECISION,
  before_version BIGINT, before_annotator TEXT NOT NULL, before_labelled_ms BIGINT,
  after_state TEXT NOT NULL, after_label TEXT NOT NULL, after_source TEXT NOT NULL, after_score DOUBLE PRECISION,
  after_version BIGINT, after_annotator TEXT NOT NULL, after_labelled_ms BIGINT,
  trash_name TEXT NOT NULL);
CREATE INDEX label_events_by_name ON label_events (name, id);
CREATE INDEX label_events_by_annotator ON label_events (annotator, id);
CREATE INDEX label_events_by_undoes ON label_events (undoes);
CREATE TABLE label_items (
  name TEXT PRIMARY KEY, event_id BIGINT NOT NULL, revision BIGINT NOT NULL, state TEXT NOT NULL, label TEXT NOT NULL,
  source TEXT NOT NULL, score DOUBLE PRECISION, version BIGINT, annotator TEXT NOT NULL, labelled_ms BIGINT,
  trash_name TEXT NOT NULL);
CREATE INDEX label_items_by_event ON label_items (event_id);
CREATE TABLE label_keys (
  request_key TEXT PRIMARY KEY, status BIGINT NOT NULL, message TEXT NOT NULL, item TEXT, undone BIGINT);
CREATE TABLE label_predictions (
  name TEXT PRIMARY KEY, stamp BIGINT NOT NULL, label TEXT NOT NULL, score DOUBLE PRECISION NOT NULL,
  version BIGINT NOT NULL);
CREATE INDEX label_predictions_by_stamp ON label_predictions (stamp);
CREATE TABLE label_facts (fact TEXT PRIMARY KEY, number BIGINT NOT NULL);
)sql";

}  // namespace

void migrate_label_tables(lake::Database& database) {
  constexpr std::array<std::string_view, 1> kMigrations = {kVersion1};
  lake::migrate(database, "label", kMigrations);
}

}  // namespace animalctl::label
