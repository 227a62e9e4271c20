#pragma once

#include <prometheus/metric_family.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/host_facts.h"

namespace animalctl::serve {

// The gauges of the machine that TorchServe shows (CPUUtilization, MemoryUsed, DiskUsage, …) and the `process_*`
// metrics that Prometheus' own clients show, read when they are asked for. Thread-safe.
class HostMetrics {
 public:
  explicit HostMetrics(std::string hostname);
  // CPUUtilization is of the time since the last call that saw the clock advance, at first since construction.
  std::vector<prometheus::MetricFamily> collect();

 private:
  const std::string hostname_;
  std::mutex mutex_;
  std::optional<CpuTimes> last_;
  double utilization_ = 0;  // percent
};

}  // namespace animalctl::serve
