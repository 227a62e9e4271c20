#include "animalctl/loadtest/load_report.h"

#include <numeric>

namespace animalctl::loadtest {

std::string_view to_string(FailureKind kind) {
  switch (kind) {
    case FailureKind::Connect:
      return "connect";
    case FailureKind::Tls:
      return "tls";
    case FailureKind::Timeout:
      return "timeout";
    case FailureKind::Closed:
      return "closed";
    case FailureKind::Malformed:
      return "malformed";
    case FailureKind::NotSent:
      return "not-sent";
  }
  return "closed";
}

std::uint64_t LoadReport::failed() const {
  return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
}

double LoadReport::error_share() const {
  const std::uint64_t all = answers() + failed();
  return all == 0 ? 0 : static_cast<double>(all - good_latency.count()) / static_cast<double>(all);
}

double LoadReport::share_within(std::chrono::nanoseconds bound) const {
  const std::uint64_t all = answers() + failed();
  return all == 0 ? 0 : static_cast<double>(good_latency.count_up_to(bound)) / static_cast<double>(all);
}

}  // namespace animalctl::loadtest
