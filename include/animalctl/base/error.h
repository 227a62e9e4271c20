#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// What kind of failure an Error is. The caller decides by it what to do next; the two
// translators (exit code, HTTP status) switch over it exhaustively.
enum class ErrorCode {
  InvalidArgument,     // the request is wrong whatever the state: `--lr -1`, fractions that add to 1.2
  NotFound,            // a named thing does not exist: a frame listed in a CSV, a model file
  AlreadyExists,       // creating would overwrite: `demo-data` into a folder that has frames
  FailedPrecondition,  // the state must change first: validation set has one class only
  ResourceExhausted,   // a limit was met: image over the pixel limit, disk full
  Unavailable,         // may work later: a server that is loading, a lock held by another run
  DeadlineExceeded,    // took longer than allowed: an image that decodes too slowly
  DataLoss,            // the bytes are there but wrong: truncated checkpoint, garbled CSV
  Cancelled,           // the user asked to stop: Ctrl+C during training
  Unimplemented,       // understood, not supported: a legacy checkpoint, a build without LibTorch
  Internal,            // our bug, or a library failed in a way we did not foresee
};

// The code's name as written above, e.g. "InvalidArgument".
std::string_view to_string(ErrorCode code);

// The one exception type that crosses modules. The message says what failed, the offending
// value, what is accepted and what to do. Notes add where: outermost last.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message);

  ErrorCode code() const { return code_; }
  // The message without the notes; safe to show to a client.
  const std::string& message() const { return message_; }
  const std::vector<std::string>& notes() const { return notes_; }

  // Returns a copy with one more note, e.g. `throw error.with_note("while reading data/train.csv")`.
  Error with_note(std::string note) const;

 private:
  Error(ErrorCode code, std::string message, std::vector<std::string> notes);

  ErrorCode code_;
  std::string message_;
  std::vector<std::string> notes_;
};

// Turns the errno of a failed system call into an Error: ENOENT is NotFound, ENOSPC and EDQUOT are
// ResourceExhausted, EACCES and EROFS are FailedPrecondition, and so on. `action` completes
// "cannot …", e.g. "write models/a.pth".
Error error_from_errno(int error_number, std::string_view action);

}  // namespace animalctl
