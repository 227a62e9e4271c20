#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/orchestrate/cron.h"
#include "orchestrate/canary_evidence.h"
#include "orchestrate/canary_state.h"
#include "orchestrate/label_scan.h"

namespace {

using namespace animalctl;

// A schedule that is taken has a next time, later than the time asked for.
void try_schedule(std::string_view text) {
  const orchestrate::CronExpression schedule(text);
  const std::chrono::system_clock::time_point now{std::chrono::hours(490'000)};
  if (schedule.next_after(now) <= now) std::abort();
}

// Labels that were read are written as they stood.
void try_labels(std::string_view text) {
  static const ClassList classes{"cat", "dog"};
  const auto entries = orchestrate::parse_label_file(text, "fuzz", classes);
  if (orchestrate::parse_label_file(orchestrate::format_label_file(entries, classes), "fuzz", classes) != entries) {
    std::abort();
  }
}

void try_counters(std::string_view text) {
  const auto counters = orchestrate::parse_version_counters(text, "animal");
  for (const auto& [name, value] : counters) {
    if (std::isnan(value)) std::abort();
  }
}

}  // namespace

// The first byte says what the rest is: c a schedule, l labels.csv, m serve's metrics, else the state of a canary.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0]) {
      case 'c':
        try_schedule(text);
        break;
      case 'l':
        try_labels(text);
        break;
      case 'm':
        try_counters(text);
        break;
      default:
        (void)orchestrate::format_canary(orchestrate::parse_canary(text, "run-000001"));
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument && error.code() != ErrorCode::DataLoss) std::abort();
  }
  return 0;
}
