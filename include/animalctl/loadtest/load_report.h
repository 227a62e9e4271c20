#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>

#include "animalctl/loadtest/latency_histogram.h"

namespace animalctl::loadtest {

// Why a request has no answer.
enum class FailureKind {
  Connect,    // the connection was refused or could not be made
  Tls,        // the greeting failed: versions, or a certificate that is not trusted
  Timeout,    // no whole answer within the time allowed, counted from when the request was due
  Closed,     // the server closed the connection before the answer was whole
  Malformed,  // what came is no HTTP
  NotSent,    // an open loop had no connection free for it and too many waiting already
};
inline constexpr std::size_t kFailureKinds = 6;

// "connect", "tls", "timeout", "closed", "malformed", "not-sent".
std::string_view to_string(FailureKind kind);

// What a run measured. Only requests that were due in the measured window count: not those of the warm-up.
struct LoadReport {
  // The window: from the end of the warm-up to the end of the duration, or to the last answer when the run ended
  // earlier. Rates are what happened inside it.
  double seconds = 0;
  std::uint64_t answers_in_window = 0;  // of any status
  std::uint64_t good_in_window = 0;     // 2xx

  std::map<int, std::uint64_t> statuses;
  std::array<std::uint64_t, kFailureKinds> failures{};
  // From the time a request was due (open loop: its scheduled time) to the last byte of its answer.
  LatencyHistogram good_latency;     // 2xx
  LatencyHistogram refused_latency;  // any other status

  std::uint64_t bytes_sent = 0;  // of HTTP, warm-up included
  std::uint64_t bytes_received = 0;
  std::uint64_t connections = 0;  // opened in all
  // Of this thread, warm-up included, and the requests it was spent on: what the load generator itself costs.
  double client_cpu_seconds = 0;
  std::uint64_t requests_begun = 0;
  // The longest a due request waited for this program to wake up although a connection was free. In an open loop it is
  // part of the latencies; near them, the figures are the client's rather than the server's.
  std::chrono::nanoseconds largest_lag{0};
  bool interrupted = false;  // by the stop token
  bool gave_up = false;      // by LoadSettings::give_up

  std::uint64_t answers() const { return good_latency.count() + refused_latency.count(); }
  std::uint64_t failed() const;
  // Answers other than 2xx and failures, as a share of all; 0 when there was none.
  double error_share() const;
  // How many of all requests, those without an answer included, were answered 2xx within `bound` (to 0.1 %); 0 when
  // there was none.
  double share_within(std::chrono::nanoseconds bound) const;
  double answers_per_second() const { return seconds > 0 ? static_cast<double>(answers_in_window) / seconds : 0; }
  double good_per_second() const { return seconds > 0 ? static_cast<double>(good_in_window) / seconds : 0; }
};

}  // namespace animalctl::loadtest
