#include "animalctl/loadtest/load_test.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "animalctl/base/error.h"
#include "http/sigpipe.h"
#include "loadtest/load_loop.h"

namespace animalctl::loadtest {
namespace {

constexpr int kMaxConnections = 65'536;
constexpr std::chrono::seconds kLongest{24 * 3600};
constexpr std::chrono::milliseconds kLongestProbe{10'000};

void require(bool good, std::string_view what) {
  if (!good) throw Error(ErrorCode::InvalidArgument, std::string(what));
}

void check(const LoadSettings& settings) {
  require(!settings.requests.empty(), "there is no request to send");
  require(settings.connections >= 1 && settings.connections <= kMaxConnections,
          fmt::format("{} connections; accepted are 1 to {}", settings.connections, kMaxConnections));
  require(std::isfinite(settings.rate) && settings.rate >= 0,
          fmt::format("a rate of {} requests a second", settings.rate));
  require(settings.warmup.count() >= 0 && settings.warmup <= kLongest, "the warm-up must take from 0 to 24 hours");
  require(settings.duration.count() > 0 && settings.duration <= kLongest,
          "the duration must be above 0, at most 24 hours");
  require(settings.timeout.count() > 0 && settings.timeout <= kLongest,
          "the timeout must be above 0, at most 24 hours");
  require(settings.max_requests >= 1, "at least one request must be allowed");
}

// Each connection is a file; the soft limit is 1,024 on most systems.
void raise_file_limit(int connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t needed = static_cast<rlim_t>(connections) + 64;
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  require(limit.rlim_cur >= needed,
          fmt::format("{} connections need more open files than this system allows ({})", connections, limit.rlim_max));
}

std::string reasons(const LoadReport& report) {
  std::string text;
  for (std::size_t i = 0; i < kFailureKinds; ++i) {
    if (report.failures[i] == 0) continue;
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", report.failures[i], to_string(static_cast<FailureKind>(i)));
  }
  return text;
}

}  // namespace

LoadReport run_load_test(const LoadSettings& settings, std::stop_token stop) {
  check(settings);
  raise_file_limit(settings.connections);
  std::optional<TlsContext> tls;
  if (settings.url.secure()) tls.emplace(settings.url.host, settings.ca_file);
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(settings.timeout);
  const Endpoint endpoint =
      find_endpoint(settings.url, std::clamp(patience, std::chrono::milliseconds(1), kLongestProbe));
  const http::HeldBackSigpipe held_back;
  LoadLoop loop(settings, endpoint, tls ? &*tls : nullptr, std::move(stop));
  LoadReport report = loop.run();
  if (report.answers() == 0 && report.failed() > 0 && !report.gave_up) {
    throw Error(ErrorCode::Unavailable, fmt::format("{} answered none of {} requests: {}", settings.url.text(),
                                                    report.failed(), reasons(report)));
  }
  return report;
}

}  // namespace animalctl::loadtest
