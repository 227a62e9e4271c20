#include "animalctl/base/error.h"

#include <cerrno>
#include <memory>
#include <string>

#include "animalctl/base/result.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using test::contains;
using test::require_error;

TEST_CASE("an error keeps its code and message and adds its notes to what()") {
  const Error error(ErrorCode::DataLoss, "a.csv is garbled");
  CHECK(error.code() == ErrorCode::DataLoss);
  CHECK(error.message() == "a.csv is garbled");
  CHECK(error.notes().empty());
  CHECK(std::string(error.what()) == "a.csv is garbled");

  const Error noted = error.with_note("while splitting").with_note("in the pipeline");
  CHECK(noted.code() == ErrorCode::DataLoss);
  CHECK(noted.message() == "a.csv is garbled");
  REQUIRE(noted.notes().size() == 2);
  CHECK(noted.notes()[0] == "while splitting");
  CHECK(noted.notes()[1] == "in the pipeline");
  CHECK(contains(noted.what(), "a.csv is garbled"));
  CHECK(contains(noted.what(), "while splitting"));
  CHECK(contains(noted.what(), "in the pipeline"));
  CHECK(error.notes().empty());
}

TEST_CASE("every error code has its name") {
  CHECK(to_string(ErrorCode::InvalidArgument) == "InvalidArgument");
  CHECK(to_string(ErrorCode::NotFound) == "NotFound");
  CHECK(to_string(ErrorCode::AlreadyExists) == "AlreadyExists");
  CHECK(to_string(ErrorCode::FailedPrecondition) == "FailedPrecondition");
  CHECK(to_string(ErrorCode::ResourceExhausted) == "ResourceExhausted");
  CHECK(to_string(ErrorCode::Unavailable) == "Unavailable");
  CHECK(to_string(ErrorCode::DeadlineExceeded) == "DeadlineExceeded");
  CHECK(to_string(ErrorCode::DataLoss) == "DataLoss");
  CHECK(to_string(ErrorCode::Cancelled) == "Cancelled");
  CHECK(to_string(ErrorCode::Unimplemented) == "Unimplemented");
  CHECK(to_string(ErrorCode::Internal) == "Internal");
}

TEST_CASE("a failed system call becomes an error of the fitting code") {
  struct Case {
    int number;
    ErrorCode code;
  };
  for (const Case& item :
       {Case{ENOENT, ErrorCode::NotFound}, Case{EEXIST, ErrorCode::AlreadyExists},
        Case{ENOTDIR, ErrorCode::InvalidArgument}, Case{EISDIR, ErrorCode::InvalidArgument},
        Case{ENAMETOOLONG, ErrorCode::InvalidArgument}, Case{ELOOP, ErrorCode::InvalidArgument},
        Case{ENOSPC, ErrorCode::ResourceExhausted}, Case{EDQUOT, ErrorCode::ResourceExhausted},
        Case{EFBIG, ErrorCode::ResourceExhausted}, Case{EMFILE, ErrorCode::ResourceExhausted},
        Case{ENFILE, ErrorCode::ResourceExhausted}, Case{ENOMEM, ErrorCode::ResourceExhausted},
        Case{EACCES, ErrorCode::FailedPrecondition}, Case{EPERM, ErrorCode::FailedPrecondition},
        Case{EROFS, ErrorCode::FailedPrecondition}, Case{EAGAIN, ErrorCode::Unavailable},
        Case{EBUSY, ErrorCode::Unavailable}, Case{EIO, ErrorCode::DataLoss}, Case{EDOM, ErrorCode::Internal}}) {
    INFO("errno " << item.number);
    const Error error = error_from_errno(item.number, "write models/a.pth");
    CHECK(to_string(error.code()) == to_string(item.code));
    CHECK(contains(error.message(), "cannot write models/a.pth: "));
  }
  CHECK(contains(error_from_errno(ENOSPC, "write a").message(), "free some space"));
  CHECK(contains(error_from_errno(EACCES, "write a").message(), "permissions"));
}

TEST_CASE("a result holds a value or the error that explains its absence") {
  const Result<int> good(7);
  CHECK(good.ok());
  CHECK(static_cast<bool>(good));
  CHECK(good.value() == 7);

  Result<int> bad(Error(ErrorCode::NotFound, "frame 3.png is gone"));
  CHECK_FALSE(bad.ok());
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(bad.error().message() == "frame 3.png is gone");
  require_error(ErrorCode::NotFound, "3.png", [&] { (void)bad.value(); });
  const Result<int> constant = bad;
  require_error(ErrorCode::NotFound, "3.png", [&] { (void)constant.value(); });
  require_error(ErrorCode::NotFound, "3.png", [&] { (void)std::move(bad).value(); });
}

TEST_CASE("a result hands out its value to change or to move away") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(1));
  *result.value() = 2;
  const std::unique_ptr<int> moved = std::move(result).value();
  CHECK(*moved == 2);
}

}  // namespace
}  // namespace animalctl
