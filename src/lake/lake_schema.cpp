#include "lake/lake_schema.h"

#include <array>
#include <string_view>

namespace animalctl::lake {
namespace {

// Times are milliseconds since 1970 (UTC). The names of columns are those of docs/formats/lake.md.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE lake_predictions (
  request_id VARCHAR(200) NOT NULL, role VARCHAR(16) NOT NULL, at_ms BIGINT NOT NULL, image VARCHAR(64) NOT NULL,
  model TEXT NOT NULL, version BIGINT NOT NULL, label TEXT NOT NULL, score DOUBLE PRECISION,
  confidence DOUBLE PRECISION NOT NULL, image_bytes BIGINT NOT NULL, width BIGINT NOT NULL, height BIGINT NOT NULL,
  brightness DOUBLE PRECISION, contrast DOUBLE PRECISION, saturation DOUBLE PRECISION, sharpness DOUBLE PRECISION,
  total_ms DOUBLE PRECISION NOT NULL, frame TEXT,
  PRIMARY KEY (request_id, role));
CREATE INDEX lake_predictions_by_version ON lake_predictions (model, version, at_ms);
CREATE INDEX lake_predictions_by_time ON lake_predictions (at_ms);
CREATE INDEX lake_predictions_by_image ON lake_predictions (image);
CREATE TABLE lake_sources (file TEXT PRIMARY KEY, bytes_read BIGINT NOT NULL);
CREATE TABLE lake_images (
  name TEXT PRIMARY KEY, digest VARCHAR(64) NOT NULL, bytes BIGINT NOT NULL, modified_ms BIGINT NOT NULL,
  perceptual_hash VARCHAR(16), part VARCHAR(8), source TEXT NOT NULL, first_seen_ms BIGINT NOT NULL);
CREATE INDEX lake_images_by_digest ON lake_images (digest);
CREATE TABLE lake_runs (
  id VARCHAR(64) PRIMARY KEY, started_ms BIGINT NOT NULL, finished_ms BIGINT, state VARCHAR(16) NOT NULL,
  model TEXT NOT NULL, version BIGINT NOT NULL, parent BIGINT, data_digest VARCHAR(64) NOT NULL, labels BIGINT NOT NULL,
  reason TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX lake_runs_by_start ON lake_runs (started_ms);
CREATE TABLE lake_steps (
  run VARCHAR(64) NOT NULL, step VARCHAR(32) NOT NULL, state VARCHAR(16) NOT NULL, attempts BIGINT NOT NULL,
  started_ms BIGINT, finished_ms BIGINT, exit_code BIGINT, detail TEXT NOT NULL,
  PRIMARY KEY (run, step));
CREATE TABLE lake_decisions (
  id BIGINT PRIMARY KEY, at_ms BIGINT NOT NULL, run VARCHAR(64) NOT NULL, kind VARCHAR(32) NOT NULL,
  verdict VARCHAR(32) NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX lake_decisions_by_run ON lake_decisions (run, id);
)sql";

// A window of a model over all its versions (counts, newest scores): without it both databases look at every prediction
// of the model. Counts need nothing but the index (bench/lake/lake_bench.cpp).
constexpr std::string_view kVersion2 = R"sql(
CREATE INDEX lake_predictions_by_window ON lake_predictions (model, at_ms, version, role, confidence);
)sql";

// What the model saw of a picture (base/bfloat16_text.h), for drift.
constexpr std::string_view kVersion3 = R"sql(
ALTER TABLE lake_predictions ADD COLUMN features TEXT;
)sql";

// Counts of hours that are over (lake/hour_counts.h). They are filled when they are asked for, so that nobody waits for
// a large lake to be brought up to date.
constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE lake_counted_hours (hour BIGINT PRIMARY KEY);
CREATE TABLE lake_hour_counts (
  hour BIGINT NOT NULL, model TEXT NOT NULL, version BIGINT NOT NULL, role VARCHAR(16) NOT NULL,
  predictions BIGINT NOT NULL, first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL,
  confidence_sum DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (hour, model, version, role));
)sql";

}  // namespace

void migrate_lake_tables(Database& database) {
  constexpr std::array<std::string_view, 4> kMigrations = {kVersion1, kVersion2, kVersion3, kVersion4};
  migrate(database, "lake", kMigrations);
}

}  // namespace animalctl::lake
