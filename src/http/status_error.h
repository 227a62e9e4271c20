#pragma once

#include <string>

#include "animalctl/base/error.h"

namespace animalctl::http {

// The Error for a status that no further try will change. `url` is shown; `proxy` is "host:port", or "" when none was
// used.
Error status_error(const std::string& url, int status, const std::string& proxy);

}  // namespace animalctl::http
