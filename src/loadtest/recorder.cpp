#include "loadtest/recorder.h"

#include <algorithm>
#include <utility>

namespace animalctl::loadtest {

Recorder::Recorder(Duration window_begin, Duration window_end, std::optional<GiveUp> give_up)
    : window_begin_(window_begin), window_end_(window_end), give_up_(give_up) {}

void Recorder::answered(Duration due, Duration now, int status) {
  const bool good = status >= 200 && status < 300;
  if (now >= window_begin_ && now < window_end_) {
    ++report_.answers_in_window;
    report_.good_in_window += good ? 1 : 0;
    last_answer_ = std::max(last_answer_, now);
  }
  if (!in_window(due)) return;
  const Duration latency = now - due;
  ++report_.statuses[status];
  (good ? report_.good_latency : report_.refused_latency).record(latency);
  if (give_up_ && (!good || latency > give_up_->latency)) ++late_;
}

void Recorder::failed(Duration due, FailureKind kind) {
  if (!in_window(due)) return;
  ++report_.failures[static_cast<std::size_t>(kind)];
  ++late_;
}

void Recorder::lagged(Duration lag) {
  report_.largest_lag = std::max(report_.largest_lag, lag);
}

LoadReport Recorder::finish(bool ended_early) {
  const Duration end = ended_early ? std::max(last_answer_, window_begin_) : window_end_;
  report_.seconds = std::chrono::duration<double>(end - window_begin_).count();
  return std::move(report_);
}

}  // namespace animalctl::loadtest
