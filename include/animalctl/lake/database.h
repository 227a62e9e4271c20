#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace animalctl::lake {

// A value of a column; monostate is NULL. Text is UTF-8 without NUL (PostgreSQL takes no other).
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Value>;

enum class ColumnType : std::uint8_t { Integer, Real, Text };

// One connection to a database: SQLite or PostgreSQL, through SOCI. SQL stays within what both know; parameters are
// written `:a`, `:b`, … and bound in the order they stand in. Not thread-safe: one connection a thread.
//
// Errors of every member: ResourceExhausted (disk full), DataLoss (the file is damaged or no database), Unavailable
// (locked for longer than 10 s, server gone, the disk fails), FailedPrecondition (no permission, read-only),
// AlreadyExists (a key stands twice), Internal (our SQL is wrong).
class Database {
 public:
  // "sqlite:PATH": the file is created; write-ahead log, synchronous = FULL: what is committed survives a power cut.
  // "postgresql://…": as libpq reads it. Also InvalidArgument for any other address.
  static std::unique_ptr<Database> open(const std::string& address);
  virtual ~Database() = default;

  virtual bool is_sqlite() const = 0;

  // Runs a statement, once for every row of parameters (once without any when `rows` is empty).
  virtual void execute(std::string_view sql, std::span<const Row> rows = {}) = 0;
  void execute(std::string_view sql, const Row& row) { execute(sql, std::span<const Row>(&row, 1)); }

  // Runs a query; `visit` gets each row with the columns' types as told. It must not use this connection.
  virtual void query(std::string_view sql, const Row& parameters, std::span<const ColumnType> columns,
                     const std::function<void(const Row&)>& visit) = 0;
  std::vector<Row> query(std::string_view sql, const Row& parameters, std::initializer_list<ColumnType> columns);

  // Begins to write at once, so that two writers wait for each other instead of failing half-way.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;
};

// Rolls back at the end of the scope unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.begin(); }
  ~Transaction() {
    if (!done_) database_.roll_back();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    database_.commit();
    done_ = true;
  }

 private:
  Database& database_;
  bool done_ = false;
};

// Brings the tables of one component to the newest version: runs the migrations not yet run, in order, each in a
// transaction; the n-th makes version n. Only ever append to the list. Throws FailedPrecondition when the tables are
// newer than the program.
void migrate(Database& database, std::string_view component, std::span<const std::string_view> migrations);

// Reading a column by its place; NULL is the fallback.
std::int64_t integer(const Row& row, std::size_t column, std::int64_t fallback = 0);
double real(const Row& row, std::size_t column, double fallback = 0);
std::string text(const Row& row, std::size_t column);
bool is_null(const Row& row, std::size_t column);

}  // namespace animalctl::lake
