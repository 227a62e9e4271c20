#include "animalctl/http/error_map.h"

namespace animalctl::http {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return 400;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::AlreadyExists:
      return 409;
    case ErrorCode::FailedPrecondition:
      return 412;
    case ErrorCode::ResourceExhausted:
      return 413;
    case ErrorCode::DataLoss:
      return 422;
    case ErrorCode::Cancelled:
      return 499;
    case ErrorCode::Unimplemented:
      return 501;
    case ErrorCode::Unavailable:
      return 503;
    case ErrorCode::DeadlineExceeded:
      return 504;
    case ErrorCode::Internal:
      return 500;
  }
  return 500;
}

}  // namespace animalctl::http
