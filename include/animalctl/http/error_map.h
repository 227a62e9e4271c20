#pragma once

#include "animalctl/base/error.h"

namespace animalctl::http {

// The status that stands for an error: the only place where a code becomes one (docs/adr/0001-error-model.md).
// InvalidArgument 400, NotFound 404, AlreadyExists 409, FailedPrecondition 412, ResourceExhausted 413,
// DataLoss 422, Cancelled 499, Unimplemented 501, Internal 500, Unavailable 503, DeadlineExceeded 504.
int status_of(ErrorCode code);

}  // namespace animalctl::http
