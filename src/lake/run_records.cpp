#include "animalctl/lake/run_records.h"

#include <fmt/core.h>

#include "lake/lake_schema.h"

namespace animalctl::lake {
namespace {

Value or_null(const std::optional<std::int64_t>& value) {
  return value ? Value(*value) : Value();
}

std::optional<std::int64_t> optional_integer(const Row& row, std::size_t column) {
  if (is_null(row, column)) return std::nullopt;
  return integer(row, column);
}

}  // namespace

RunRecords::RunRecords(Database& database) : database_(database) {
  migrate_lake_tables(database_);
}

std::string RunRecords::next_run_id() {
  const std::vector<Row> newest =
      database_.query("SELECT id FROM lake_runs ORDER BY id DESC LIMIT 1", {}, {ColumnType::Text});
  const long number = newest.empty() ? 0 : std::stol(text(newest.front(), 0).substr(sizeof "run-" - 1));
  return fmt::format("run-{:06}", number + 1);
}

void RunRecords::begin_run(const RunRow& run) {
  database_.execute(
      "INSERT INTO lake_runs (id, started_ms, finished_ms, state, model, version, parent, data_digest, labels, reason, "
      "detail) VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k)",
      Row{run.id, run.started_ms, or_null(run.finished_ms), run.state, run.model, run.version, or_null(run.parent),
          run.data_digest, run.labels, run.reason, run.detail});
}

void RunRecords::set_run_state(const std::string& id, const std::string& state, const std::string& reason,
                               std::optional<std::int64_t> finished_ms) {
  database_.execute("UPDATE lake_runs SET state = :a, reason = :b, finished_ms = :c WHERE id = :d",
                    Row{state, reason, or_null(finished_ms), id});
}

void RunRecords::set_run_detail(const std::string& id, const std::string& detail) {
  database_.execute("UPDATE lake_runs SET detail = :a WHERE id = :b", Row{detail, id});
}

std::vector<RunRow> RunRecords::runs(const std::string& condition, const Row& parameters) {
  std::vector<RunRow> found;
  for (const Row& row : database_.query(
           "SELECT id, started_ms, finished_ms, state, model, version, parent, data_digest, labels, reason, detail "
           "FROM lake_runs " +
               condition,
           parameters,
           {ColumnType::Text, ColumnType::Integer, ColumnType::Integer, ColumnType::Text, ColumnType::Text,
            ColumnType::Integer, ColumnType::Integer, ColumnType::Text, ColumnType::Integer, ColumnType::Text,
            ColumnType::Text})) {
    found.push_back({text(row, 0), integer(row, 1), optional_integer(row, 2), text(row, 3), text(row, 4),
                     integer(row, 5), optional_integer(row, 6), text(row, 7), integer(row, 8), text(row, 9),
                     text(row, 10)});
  }
  return found;
}

std::optional<RunRow> RunRecords::find_run(const std::string& id) {
  std::vector<RunRow> found = runs("WHERE id = :id", {id});
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::vector<RunRow> RunRecords::open_runs() {
  return runs("WHERE state IN ('running', 'canary') ORDER BY id", {});
}

std::vector<RunRow> RunRecords::newest_runs(std::size_t limit) {
  return runs(fmt::format("ORDER BY id DESC LIMIT {}", limit), {});
}

std::optional<RunRow> RunRecords::newest_run_on(const std::string& data_digest) {
  std::vector<RunRow> found = runs("WHERE data_digest = :digest ORDER BY id DESC LIMIT 1", {data_digest});
  if (found.empty()) return std::nullopt;
  return found.front();
}

void RunRecords::put_step(const StepRow& step) {
  database_.execute(
      "INSERT INTO lake_steps (run, step, state, attempts, started_ms, finished_ms, exit_code, detail) "
      "VALUES (:a, :b, :c, :d, :e, :f, :g, :h) ON CONFLICT (run, step) DO UPDATE SET state = excluded.state, "
      "attempts = excluded.attempts, started_ms = excluded.started_ms, finished_ms = excluded.finished_ms, "
      "exit_code = excluded.exit_code, detail = excluded.detail",
      Row{step.run, step.step, step.state, step.attempts, or_null(step.started_ms), or_null(step.finished_ms),
          or_null(step.exit_code), step.detail});
}

std::optional<StepRow> RunRecords::find_step(const std::string& run, const std::string& step) {
  for (const StepRow& row : steps(run)) {
    if (row.step == step) return row;
  }
  return std::nullopt;
}

std::vector<StepRow> RunRecords::steps(const std::string& run) {
  std::vector<StepRow> found;
  for (const Row& row :
       database_.query("SELECT run, step, state, attempts, started_ms, finished_ms, exit_code, detail FROM lake_steps "
                       "WHERE run = :run ORDER BY started_ms, step",
                       {run},
                       {ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Integer,
                        ColumnType::Integer, ColumnType::Integer, ColumnType::Text})) {
    found.push_back({text(row, 0), text(row, 1), text(row, 2), integer(row, 3), optional_integer(row, 4),
                     optional_integer(row, 5), optional_integer(row, 6), text(row, 7)});
  }
  return found;
}

void RunRecords::decide(DecisionRow decision) {
  Transaction transaction(database_);
  const std::vector<Row> newest = database_.query("SELECT MAX(id) FROM lake_decisions", {}, {ColumnType::Integer});
  decision.id = newest.empty() ? 1 : integer(newest.front(), 0) + 1;
  database_.execute(
      "INSERT INTO lake_decisions (id, at_ms, run, kind, verdict, reason, detail) VALUES (:a, :b, :c, :d, :e, :f, :g)",
      Row{decision.id, decision.at_ms, decision.run, decision.kind, decision.verdict, decision.reason,
          decision.detail});
  transaction.commit();
}

std::vector<DecisionRow> RunRecords::newest_decisions(const std::string& run, std::size_t limit) {
  std::vector<DecisionRow> found;
  const std::string sql = fmt::format(
      "SELECT id, at_ms, run, kind, verdict, reason, detail FROM lake_decisions {} ORDER BY id DESC LIMIT {}",
      run.empty() ? "" : "WHERE run = :run", limit);
  for (const Row& row : database_.query(sql, run.empty() ? Row{} : Row{run},
                                        {ColumnType::Integer, ColumnType::Integer, ColumnType::Text, ColumnType::Text,
                                         ColumnType::Text, ColumnType::Text, ColumnType::Text})) {
    found.push_back(
        {integer(row, 0), integer(row, 1), text(row, 2), text(row, 3), text(row, 4), text(row, 5), text(row, 6)});
  }
  return found;
}

}  // namespace animalctl::lake
