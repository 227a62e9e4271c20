#include "animalctl/lake/database.h"

#include <fmt/core.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "lake/soci_errors.h"

namespace animalctl::lake {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// A variable that SOCI reads from or writes to; it keeps its address while a statement is bound to it.
struct Slot {
  ColumnType type = ColumnType::Text;
  long long number = 0;
  double real = 0;
  std::string text;
  soci::indicator indicator = soci::i_null;

  void set(const Value& value) {
    indicator = soci::i_ok;
    if (const auto* as_integer = std::get_if<std::int64_t>(&value)) {
      number = *as_integer;
    } else if (const auto* as_real = std::get_if<double>(&value)) {
      real = *as_real;
    } else if (const auto* as_text = std::get_if<std::string>(&value)) {
      text = *as_text;
    } else {
      indicator = soci::i_null;
    }
  }

  Value get() const {
    if (indicator == soci::i_null) return std::monostate{};
    switch (type) {
      case ColumnType::Integer:
        return static_cast<std::int64_t>(number);
      case ColumnType::Real:
        return real;
      case ColumnType::Text:
        break;
    }
    return text;
  }
};

// A NULL in the first row says nothing of the column's type: the first row that has a value does.
std::deque<Slot> slots_for(std::span<const Row> rows) {
  std::deque<Slot> slots(rows.empty() ? 0 : rows.front().size());
  for (std::size_t column = 0; column < slots.size(); ++column) {
    for (const Row& row : rows) {
      const Value& value = row.at(column);
      if (std::holds_alternative<std::monostate>(value)) continue;
      if (std::holds_alternative<std::int64_t>(value)) slots[column].type = ColumnType::Integer;
      if (std::holds_alternative<double>(value)) slots[column].type = ColumnType::Real;
      break;
    }
  }
  return slots;
}

void bind_parameter(soci::statement& statement, Slot& slot) {
  switch (slot.type) {
    case ColumnType::Integer:
      statement.exchange(soci::use(slot.number, slot.indicator));
      return;
    case ColumnType::Real:
      statement.exchange(soci::use(slot.real, slot.indicator));
      return;
    case ColumnType::Text:
      statement.exchange(soci::use(slot.text, slot.indicator));
      return;
  }
}

void bind_column(soci::statement& statement, Slot& slot) {
  switch (slot.type) {
    case ColumnType::Integer:
      statement.exchange(soci::into(slot.number, slot.indicator));
      return;
    case ColumnType::Real:
      statement.exchange(soci::into(slot.real, slot.indicator));
      return;
    case ColumnType::Text:
      statement.exchange(soci::into(slot.text, slot.indicator));
      return;
  }
}

bool fits(const Slot& slot, const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return true;
  if (std::holds_alternative<std::int64_t>(value)) return slot.type == ColumnType::Integer;
  if (std::holds_alternative<double>(value)) return slot.type == ColumnType::Real;
  return slot.type == ColumnType::Text;
}

// A statement that the database has compiled, with the variables it is bound to.
class Prepared {
 public:
  Prepared(soci::session& session, const std::string& sql, std::span<const Row> rows,
           std::span<const ColumnType> columns)
      : parameters_(slots_for(rows)), results_(columns.size()), statement_(session) {
    for (Slot& slot : parameters_) bind_parameter(statement_, slot);
    for (std::size_t i = 0; i < results_.size(); ++i) {
      results_[i].type = columns[i];
      bind_column(statement_, results_[i]);
    }
    statement_.alloc();
    statement_.prepare(sql);
    statement_.define_and_bind();
  }

  bool takes(std::span<const Row> rows, std::span<const ColumnType> columns) const {
    if (columns.size() != results_.size()) return false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (results_[i].type != columns[i]) return false;
    }
    for (const Row& row : rows) {
      if (row.size() != parameters_.size()) return false;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (!fits(parameters_[i], row[i])) return false;
      }
    }
    return true;
  }

  void execute(const Row& row) {
    set(row);
    statement_.execute(true);
  }

  void query(const Row& parameters, const std::function<void(const Row&)>& visit) {
    set(parameters);
    Row row(results_.size());
    statement_.execute(false);
    while (statement_.fetch()) {
      for (std::size_t i = 0; i < results_.size(); ++i) row[i] = results_[i].get();
      visit(row);
    }
  }

 private:
  void set(const Row& row) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].set(row.at(i));
  }

  std::deque<Slot> parameters_;
  std::deque<Slot> results_;
  soci::statement statement_;
};

class SociDatabase final : public Database {
 public:
  SociDatabase(const soci::backend_factory& factory, const std::string& address, std::filesystem::path file)
      : file_(std::move(file)) {
    translate_errors("open the database", file_, [&] { session_.open(factory, address); });
  }

  bool is_sqlite() const override { return !file_.empty(); }

  void execute(std::string_view sql, std::span<const Row> rows) override {
    translate_errors("write to the database", file_, [&] {
      if (rows.empty()) {
        // May change tables, which a PostgreSQL server's statements would not survive.
        prepared_.clear();
        session_.once << std::string(sql);
        return;
      }
      Borrowed statement(*this, sql, rows, {});
      for (const Row& row : rows) statement->execute(row);
      statement.keep();
    });
  }

  void query(std::string_view sql, const Row& parameters, std::span<const ColumnType> columns,
             const std::function<void(const Row&)>& visit) override {
    translate_errors("read from the database", file_, [&] {
      Borrowed statement(*this, sql, std::span(&parameters, 1), columns);
      statement->query(parameters, visit);
      statement.keep();
    });
  }

  void begin() override {
    translate_errors("write to the database", file_, [&] {
      if (is_sqlite()) {
        session_.once << "BEGIN IMMEDIATE";
      } else {
        begin_after_other_writers();
      }
    });
  }
  void commit() override {
    translate_errors("write to the database", file_, [&] { session_.once << "COMMIT"; });
  }
  void roll_back() noexcept override {
    try {
      session_.once << "ROLLBACK";
    } catch (const std::exception&) {
      // SQLite has rolled back by itself after some errors; a connection that is gone has, too.
    }
  }

 private:
  // PostgreSQL lets transactions write side by side, so that two that both make a table or take the next id fail
  // half-way. A lock that ends with the transaction makes them wait for each other, as SQLite does by itself.
  void begin_after_other_writers() {
    session_.once << "BEGIN";
    try {
      session_.once << "SET LOCAL lock_timeout = '10s'";
      session_.once << "SELECT pg_advisory_xact_lock(7310870974)";  // any number that is ours
    } catch (...) {
      roll_back();
      throw;
    }
  }

  static constexpr std::size_t kMostPrepared = 64;

  // Takes a statement out of those that are kept, or prepares it; one that failed half-way is not kept.
  class Borrowed {
   public:
    Borrowed(SociDatabase& database, std::string_view sql, std::span<const Row> rows,
             std::span<const ColumnType> columns)
        : database_(database), sql_(sql) {
      auto kept = database_.prepared_.extract(sql_);
      if (kept && kept.mapped()->takes(rows, columns)) {
        statement_ = std::move(kept.mapped());
      } else {
        statement_ = std::make_unique<Prepared>(database_.session_, sql_, rows, columns);
      }
    }
    Prepared* operator->() { return statement_.get(); }
    void keep() {
      if (database_.prepared_.size() >= kMostPrepared) database_.prepared_.clear();
      database_.prepared_[sql_] = std::move(statement_);
    }

   private:
    SociDatabase& database_;
    std::string sql_;
    std::unique_ptr<Prepared> statement_;
  };

  soci::session session_;
  std::filesystem::path file_;
  std::map<std::string, std::unique_ptr<Prepared>, std::less<>> prepared_;
};

std::unique_ptr<Database> open_sqlite(const std::filesystem::path& file) {
  const std::string name = file.string();
  if (name.empty() || name.find('"') != std::string::npos) {
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("\"sqlite:{}\" names no file that can be opened; give sqlite:PATH, without quotation marks", name));
  }
  if (file.has_parent_path()) create_folders(file.parent_path());
  auto database = std::make_unique<SociDatabase>(soci::sqlite3, fmt::format("db=\"{}\"", name), file);
  database->execute("PRAGMA busy_timeout = 10000", std::span<const Row>());
  // The statement answers with the mode, which is not needed.
  const ColumnType columns[] = {ColumnType::Text};
  static_cast<Database&>(*database).query("PRAGMA journal_mode = WAL", Row{}, columns, [](const Row&) {});
  database->execute("PRAGMA synchronous = FULL", std::span<const Row>());
  return database;
}

}  // namespace

std::unique_ptr<Database> Database::open(const std::string& address) {
  if (address.starts_with(kSqlite)) return open_sqlite(address.substr(kSqlite.size()));
  if (address.starts_with("postgresql://") || address.starts_with("postgres://")) {
    auto database = std::make_unique<SociDatabase>(soci::postgresql, address, std::filesystem::path());
    // libpq prints notices ("relation exists, skipping") on standard error, among our log lines.
    database->execute("SET client_min_messages TO warning", std::span<const Row>());
    return database;
  }
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("the database \"{}\" is none that is known; give sqlite:PATH or postgresql://HOST/NAME",
                          address.substr(0, address.find("://"))));
}

std::vector<Row> Database::query(std::string_view sql, const Row& parameters,
                                 std::initializer_list<ColumnType> columns) {
  std::vector<Row> rows;
  query(sql, parameters, std::span(columns.begin(), columns.size()), [&](const Row& row) { rows.push_back(row); });
  return rows;
}

}  // namespace animalctl::lake
