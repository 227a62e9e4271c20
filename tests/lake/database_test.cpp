#include "animalctl/lake/database.h"

#include <array>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::lake {
namespace {

using test::require_error;
using test::TemporaryFolder;

std::string address(const TemporaryFolder& folder, const char* file = "lake.db") {
  return "sqlite:" + (folder / file).string();
}

constexpr std::array<ColumnType, 3> kColumns = {ColumnType::Integer, ColumnType::Real, ColumnType::Text};

std::unique_ptr<Database> with_table(const TemporaryFolder& folder) {
  auto database = Database::open(address(folder));
  database->execute("CREATE TABLE t (a BIGINT PRIMARY KEY, b DOUBLE PRECISION, c TEXT)");
  return database;
}

std::size_t row_count(Database& database) {
  return database.query("SELECT a, b, c FROM t", {}, {ColumnType::Integer, ColumnType::Real, ColumnType::Text}).size();
}

TEST_CASE("values of a database come back as they were given, NULL too", "[lake]") {
  const TemporaryFolder folder;
  const auto database = with_table(folder);
  const std::vector<Row> rows = {Row{std::int64_t{1}, Value(), std::string("one")},
                                 Row{std::int64_t{9007199254740993}, 0.1, Value()},
                                 Row{std::int64_t{-3}, 1e300, std::string("d\u00e9\xf0\x9f\x90\xb1 'quoted' :x")}};
  database->execute("INSERT INTO t (a, b, c) VALUES (:a, :b, :c)", std::span<const Row>(rows));
  std::vector<Row> read;
  database->query("SELECT a, b, c FROM t ORDER BY b IS NOT NULL, b", {}, kColumns,
                  [&](const Row& row) { read.push_back(row); });
  CHECK(read == rows);
  CHECK(database->query("SELECT c FROM t WHERE a = :key", {std::int64_t{1}}, {ColumnType::Text}).front() ==
        Row{std::string("one")});
}

TEST_CASE("what a transaction did not commit has not happened", "[lake]") {
  const TemporaryFolder folder;
  const auto database = with_table(folder);
  {
    Transaction transaction(*database);
    database->execute("INSERT INTO t (a) VALUES (:a)", Row{std::int64_t{1}});
  }
  CHECK(row_count(*database) == 0);
  {
    Transaction transaction(*database);
    database->execute("INSERT INTO t (a) VALUES (:a)", Row{std::int64_t{1}});
    transaction.commit();
  }
  CHECK(row_count(*database) == 1);
  const auto other = Database::open(address(folder));
  CHECK(row_count(*other) == 1);
}

TEST_CASE("a SQLite database keeps what is committed through a power cut", "[lake]") {
  const TemporaryFolder folder;
  const auto database = with_table(folder);
  CHECK(database->is_sqlite());
  CHECK(database->query("PRAGMA journal_mode", {}, {ColumnType::Text}).front() == Row{std::string("wal")});
  CHECK(database->query("PRAGMA synchronous", {}, {ColumnType::Integer}).front() == Row{std::int64_t{2}});
}

TEST_CASE("errors of a database say what kind they are", "[lake]") {
  const TemporaryFolder folder;
  const auto database = with_table(folder);
  database->execute("INSERT INTO t (a) VALUES (:a)", Row{std::int64_t{1}});
  require_error(ErrorCode::AlreadyExists, "UNIQUE",
                [&] { database->execute("INSERT INTO t (a) VALUES (:a)", Row{std::int64_t{1}}); });
  require_error(ErrorCode::Internal, "syntax", [&] { database->execute("SELEKT"); });
  write_file_atomic(folder / "text.db", "this is no database, however long the text may be, and so it is refused");
  require_error(ErrorCode::DataLoss, "not a database", [&] { Database::open(address(folder, "text.db")); });
  require_error(ErrorCode::FailedPrecondition, "in the way",
                [&] { Database::open(address(folder, "text.db/lake.db")); });
  require_error(ErrorCode::FailedPrecondition, "open", [&] { Database::open("sqlite:" + folder.path().string()); });
  require_error(ErrorCode::InvalidArgument, "postgresql://HOST", [&] { Database::open("mysql://somewhere"); });
  require_error(ErrorCode::InvalidArgument, "sqlite:PATH", [&] { Database::open("sqlite:"); });
  require_error(ErrorCode::InvalidArgument, "quotation marks", [&] { Database::open("sqlite:a\"b.db"); });
  require_error(ErrorCode::Unavailable, "the database",
                [&] { Database::open("postgresql://127.0.0.1:1/none?connect_timeout=2"); });
}

TEST_CASE("a database that is full is ResourceExhausted and takes writes again when there is room", "[lake]") {
  const TemporaryFolder folder;
  const auto database = with_table(folder);
  const auto pages =
      std::get<std::int64_t>(database->query("PRAGMA page_count", {}, {ColumnType::Integer}).front().front());
  database->query("PRAGMA max_page_count = " + std::to_string(pages + 1), {}, {ColumnType::Integer});
  const Row big = {std::int64_t{7}, std::string(100'000, 'x')};
  require_error(ErrorCode::ResourceExhausted, "full", [&] {
    Transaction transaction(*database);
    database->execute("INSERT INTO t (a, c) VALUES (:a, :c)", big);
    transaction.commit();
  });
  CHECK(row_count(*database) == 0);
  database->query("PRAGMA max_page_count = 10000", {}, {ColumnType::Integer});
  database->execute("INSERT INTO t (a, c) VALUES (:a, :c)", big);
  CHECK(row_count(*database) == 1);
}

TEST_CASE("migrations run once each, in order, and newer tables are refused", "[lake]") {
  const TemporaryFolder folder;
  const auto database = Database::open(address(folder));
  constexpr std::array<std::string_view, 2> kBoth = {"CREATE TABLE x (a BIGINT);\nINSERT INTO x VALUES (1);\n",
                                                     "INSERT INTO x VALUES (2)"};
  const auto sum = [&] {
    return integer(database->query("SELECT SUM(a) FROM x", {}, {ColumnType::Integer}).front(), 0);
  };
  migrate(*database, "part", std::span(kBoth).first(1));
  CHECK(sum() == 1);
  migrate(*database, "part", kBoth);
  CHECK(sum() == 3);
  migrate(*database, "part", kBoth);
  CHECK(sum() == 3);
  require_error(ErrorCode::FailedPrecondition, "version 2",
                [&] { migrate(*database, "part", std::span(kBoth).first(1)); });
  constexpr std::array<std::string_view, 1> kBroken = {"CREATE TABLE y (a BIGINT);\nSELEKT;\n"};
  require_error(ErrorCode::Internal, "", [&] { migrate(*database, "broken", kBroken); });
  require_error(ErrorCode::Internal, "no such table", [&] { database->execute("INSERT INTO y VALUES (1)"); });
}

}  // namespace
}  // namespace animalctl::lake
