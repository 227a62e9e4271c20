#include "animalctl/base/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

namespace animalctl {
namespace {

std::string with_notes(const std::string& message, const std::vector<std::string>& notes) {
  std::string text = message;
  for (const std::string& note : notes) text += "\n  " + note;
  return text;
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "InvalidArgument";
    case ErrorCode::NotFound:
      return "NotFound";
    case ErrorCode::AlreadyExists:
      return "AlreadyExists";
    case ErrorCode::FailedPrecondition:
      return "FailedPrecondition";
    case ErrorCode::ResourceExhausted:
      return "ResourceExhausted";
    case ErrorCode::Unavailable:
      return "Unavailable";
    case ErrorCode::DeadlineExceeded:
      return "DeadlineExceeded";
    case ErrorCode::DataLoss:
      return "DataLoss";
    case ErrorCode::Cancelled:
      return "Cancelled";
    case ErrorCode::Unimplemented:
      return "Unimplemented";
    case ErrorCode::Internal:
      return "Internal";
  }
  return "Internal";
}

Error::Error(ErrorCode code, std::string message) : Error(code, std::move(message), {}) {}

Error::Error(ErrorCode code, std::string message, std::vector<std::string> notes)
    : std::runtime_error(with_notes(message, notes)),
      code_(code),
      message_(std::move(message)),
      notes_(std::move(notes)) {}

Error Error::with_note(std::string note) const {
  std::vector<std::string> notes = notes_;
  notes.push_back(std::move(note));
  return Error(code_, message_, std::move(notes));
}

Error error_from_errno(int error_number, std::string_view action) {
  ErrorCode code = ErrorCode::Internal;
  std::string_view hint;
  switch (error_number) {
    case ENOENT:
      code = ErrorCode::NotFound;
      break;
    case EEXIST:
      code = ErrorCode::AlreadyExists;
      break;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      code = ErrorCode::InvalidArgument;
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = ErrorCode::ResourceExhausted;
      hint = "; free some space and run the command again";
      break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      code = ErrorCode::ResourceExhausted;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::FailedPrecondition;
      hint = "; check the owner and permissions of the folder";
      break;
    case EAGAIN:
    case EBUSY:
      code = ErrorCode::Unavailable;
      break;
    case EIO:
      code = ErrorCode::DataLoss;
      break;
    default:
      break;
  }
  return Error(code, fmt::format("cannot {}: {}{}", action, std::strerror(error_number), hint));
}

}  // namespace animalctl
