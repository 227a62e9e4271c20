#include "cli/exit_code.h"

namespace animalctl::cli {

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return kExitUsage;
    case ErrorCode::NotFound:
    case ErrorCode::DataLoss:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::AlreadyExists:
    case ErrorCode::Unimplemented:
      return kExitInput;
    case ErrorCode::ResourceExhausted:
    case ErrorCode::Unavailable:
    case ErrorCode::DeadlineExceeded:
      return kExitUnavailable;
    case ErrorCode::Cancelled:
      return 130;
    case ErrorCode::Internal:
      return kExitInternal;
  }
  return kExitInternal;
}

}  // namespace animalctl::cli
