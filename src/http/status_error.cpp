#include "http/status_error.h"

#include <fmt/core.h>

namespace animalctl::http {

Error status_error(const std::string& url, int status, const std::string& proxy) {
  const std::string failed = fmt::format("cannot download {}: ", url);
  switch (status) {
    case 404:
    case 410:
      return Error(ErrorCode::NotFound,
                   failed + fmt::format("there is no such file (status {}); check the address", status));
    case 401:
    case 403:
      return Error(ErrorCode::FailedPrecondition,
                   failed + fmt::format("the server refuses it (status {}); check the address, or give user and "
                                        "password as https://user:password@host/…",
                                        status));
    case 407:
      return Error(ErrorCode::FailedPrecondition,
                   failed + fmt::format("the proxy {} wants user and password (status 407); give them in the proxy "
                                        "variable as http://user:password@host:port",
                                        proxy));
    default:
      return Error(
          ErrorCode::Unavailable,
          failed + fmt::format("the server answered with status {}, which is neither the file nor a redirect", status));
  }
}

}  // namespace animalctl::http
