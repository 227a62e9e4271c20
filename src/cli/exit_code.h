#pragma once

#include "animalctl/base/error.h"

namespace animalctl::cli {

// Exit codes of every command; scripts and cron rely on them (the table in README.md).
inline constexpr int kExitDone = 0;
inline constexpr int kExitInternal = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInput = 3;
inline constexpr int kExitCheckSaidNo = 4;
inline constexpr int kExitUnavailable = 5;

// The exit code of a failure. Cancelled is 130; the caller turns it into 128 + signal.
int exit_code(ErrorCode code);

}  // namespace animalctl::cli
