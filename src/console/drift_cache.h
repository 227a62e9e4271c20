#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "console/console_settings.h"

namespace animalctl::console {

// The drift report for the page: reading the answers and the labels takes a moment, and what it says changes slowly, so
// whoever asks within half a minute gets the same. Thread-safe.
class DriftCache {
 public:
  explicit DriftCache(const ConsoleSettings& settings) : settings_(settings) {}

  // The report's JSON. Throws what drift_report() throws.
  std::string report();

 private:
  const ConsoleSettings& settings_;
  std::mutex mutex_;
  std::string report_;  // guarded by mutex_, as the next
  std::optional<std::chrono::steady_clock::time_point> made_;
};

}  // namespace animalctl::console
