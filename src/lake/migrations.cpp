#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/lake/database.h"

namespace animalctl::lake {
namespace {

// SQL may hold several statements, each ended by ";" at the end of a line.
void run_script(Database& database, std::string_view script) {
  while (!script.empty()) {
    const std::size_t end = script.find(";\n");
    const std::string_view statement = script.substr(0, end);
    if (statement.find_first_not_of(" \n\t;") != std::string_view::npos) database.execute(statement);
    if (end == std::string_view::npos) return;
    script.remove_prefix(end + 2);
  }
}

}  // namespace

void migrate(Database& database, std::string_view component, std::span<const std::string_view> migrations) {
  // Within the transaction: two programs that start at once on an empty PostgreSQL would both make the table.
  Transaction transaction(database);
  database.execute(
      "CREATE TABLE IF NOT EXISTS schema_versions (component VARCHAR(64) PRIMARY KEY, version INTEGER NOT NULL)");
  const Row name = {std::string(component)};
  const std::vector<Row> found =
      database.query("SELECT version FROM schema_versions WHERE component = :c", name, {ColumnType::Integer});
  const std::int64_t present = found.empty() ? 0 : integer(found.front(), 0);
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (present > newest) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("the database's {} tables have version {}, this program knows versions up to {}; use the "
                            "program that wrote it, or a newer one",
                            component, present, newest));
  }
  for (std::int64_t version = present; version < newest; ++version) {
    run_script(database, migrations[static_cast<std::size_t>(version)]);
  }
  if (present != newest) {
    database.execute("DELETE FROM schema_versions WHERE component = :c", name);
    database.execute("INSERT INTO schema_versions (component, version) VALUES (:c, :v)",
                     Row{std::string(component), newest});
  }
  transaction.commit();
}

std::int64_t integer(const Row& row, std::size_t column, std::int64_t fallback) {
  const auto* value = std::get_if<std::int64_t>(&row.at(column));
  return value == nullptr ? fallback : *value;
}

double real(const Row& row, std::size_t column, double fallback) {
  const auto* value = std::get_if<double>(&row.at(column));
  return value == nullptr ? fallback : *value;
}

std::string text(const Row& row, std::size_t column) {
  const auto* value = std::get_if<std::string>(&row.at(column));
  return value == nullptr ? std::string() : *value;
}

bool is_null(const Row& row, std::size_t column) {
  return std::holds_alternative<std::monostate>(row.at(column));
}

}  // namespace animalctl::lake
