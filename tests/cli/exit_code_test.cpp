#include "cli/exit_code.h"

#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("every kind of failure has the exit code that scripts rely on") {
  CHECK(cli::exit_code(ErrorCode::InvalidArgument) == 2);
  CHECK(cli::exit_code(ErrorCode::NotFound) == 3);
  CHECK(cli::exit_code(ErrorCode::DataLoss) == 3);
  CHECK(cli::exit_code(ErrorCode::FailedPrecondition) == 3);
  CHECK(cli::exit_code(ErrorCode::AlreadyExists) == 3);
  CHECK(cli::exit_code(ErrorCode::Unimplemented) == 3);
  CHECK(cli::exit_code(ErrorCode::ResourceExhausted) == 5);
  CHECK(cli::exit_code(ErrorCode::Unavailable) == 5);
  CHECK(cli::exit_code(ErrorCode::DeadlineExceeded) == 5);
  CHECK(cli::exit_code(ErrorCode::Cancelled) == 130);
  CHECK(cli::exit_code(ErrorCode::Internal) == 1);
}

}  // namespace animalctl::test
