#include "lake/soci_errors.h"

#include <fmt/core.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/statvfs.h>

#include <string>

namespace animalctl::lake {
namespace {

bool disk_is_full(const std::filesystem::path& file) {
  constexpr std::uint64_t kLeastFree = std::uint64_t{256} << 10;
  struct statvfs status {};
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  if (::statvfs(folder.c_str(), &status) != 0) return false;
  return std::uint64_t{status.f_bavail} * status.f_frsize < kLeastFree;
}

ErrorCode code_of_sqlite(int result, const std::filesystem::path& file) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return ErrorCode::ResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::DataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::Unavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return disk_is_full(file)
                 ? ErrorCode::ResourceExhausted
                 : ((result & 0xff) == SQLITE_IOERR ? ErrorCode::Unavailable : ErrorCode::FailedPrecondition);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::FailedPrecondition;
    case SQLITE_CONSTRAINT:
      return ErrorCode::AlreadyExists;
    default:
      return ErrorCode::Internal;
  }
}

// The classes of SQLSTATE (PostgreSQL's manual, appendix A).
ErrorCode code_of_sqlstate(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (kind == "08" || kind == "57" || kind == "40" || kind == "55") return ErrorCode::Unavailable;
  if (kind == "53") return ErrorCode::ResourceExhausted;
  if (kind == "XX" || kind == "58") return ErrorCode::DataLoss;
  if (kind == "28" || kind == "25" || state == "42501") return ErrorCode::FailedPrecondition;
  if (kind == "23") return ErrorCode::AlreadyExists;
  return ErrorCode::Internal;
}

ErrorCode code_of_category(soci::soci_error::error_category category) {
  switch (category) {
    case soci::soci_error::connection_error:
      return ErrorCode::Unavailable;
    case soci::soci_error::no_privilege:
      return ErrorCode::FailedPrecondition;
    case soci::soci_error::constraint_violation:
      return ErrorCode::AlreadyExists;
    case soci::soci_error::invalid_statement:
    case soci::soci_error::no_data:
    case soci::soci_error::unknown_transaction_state:
    case soci::soci_error::system_error:
    case soci::soci_error::unknown:
      break;
  }
  return ErrorCode::Internal;
}

}  // namespace

void translate_errors(std::string_view work, const std::filesystem::path& file, const std::function<void()>& action) {
  // SOCI throws its plain class where a file cannot be opened or a server not be reached.
  const bool opening = work.find("open") != std::string_view::npos;
  const auto raise = [&](ErrorCode code, const soci::soci_error& error) {
    if (opening && code == ErrorCode::Internal) {
      code = file.empty() ? ErrorCode::Unavailable : ErrorCode::FailedPrecondition;
    }
    const std::string where = file.empty() ? std::string("the database") : file.string();
    throw Error(code, fmt::format("cannot {} ({}): {}", work, where, error.get_error_message()));
  };
  try {
    action();
  } catch (const soci::sqlite3_soci_error& error) {
    raise(code_of_sqlite(error.result(), file), error);
  } catch (const soci::postgresql_soci_error& error) {
    raise(code_of_sqlstate(error.sqlstate()), error);
  } catch (const soci::soci_error& error) {
    raise(code_of_category(error.get_error_category()), error);
  }
}

}  // namespace animalctl::lake
