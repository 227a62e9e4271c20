#include "serve/host_metrics.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace animalctl::serve {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr double kGibibyte = 1024.0 * kMebibyte;

std::string read_text(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

MetricFamily family(std::string name, std::string help, MetricType type, double value,
                    std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  MetricFamily result;
  result.name = std::move(name);
  result.help = std::move(help);
  result.type = type;
  result.metric.push_back(std::move(metric));
  return result;
}

// Gauges with TorchServe's labels.
class HostGauges {
 public:
  explicit HostGauges(const std::string& hostname) : labels_{{"Level", "Host"}, {"Hostname", hostname}} {}
  void add(std::string name, std::string help, double value) {
    families.push_back(family(std::move(name), std::move(help), MetricType::Gauge, value, labels_));
  }
  std::vector<MetricFamily> families;

 private:
  std::vector<ClientMetric::Label> labels_;
};

void add_memory(HostGauges& gauges) {
  const auto memory = parse_memory(read_text("/proc/meminfo"));
  if (!memory) return;
  gauges.add("MemoryUsed", "Memory of the machine in use, without caches, in MiB.",
             static_cast<double>(memory->used()) / kMebibyte);
  gauges.add("MemoryAvailable", "Memory of the machine that programs can still get, in MiB.",
             static_cast<double>(memory->available) / kMebibyte);
  gauges.add("MemoryUtilization", "Memory of the machine that is not available, in percent.", memory->utilization());
}

void add_disk(HostGauges& gauges) {
  struct statvfs facts {};
  if (statvfs("/", &facts) != 0) return;
  const auto block = static_cast<double>(facts.f_frsize);
  const double used = static_cast<double>(facts.f_blocks - facts.f_bfree) * block;
  // Blocks kept for root count as neither used nor available, as in df.
  const double available = static_cast<double>(facts.f_bavail) * block;
  gauges.add("DiskUsage", "Space used on the file system of /, in GiB.", used / kGibibyte);
  gauges.add("DiskAvailable", "Space available on the file system of /, in GiB.", available / kGibibyte);
  gauges.add("DiskUtilization", "Space used on the file system of /, in percent.",
             used + available > 0 ? 100 * used / (used + available) : 0);
}

double open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  // One of them was the listing itself.
  return count > 0 ? count - 1 : 0;
}

void add_process(std::vector<MetricFamily>& families, const std::string& system_stat) {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const auto facts = parse_process(read_text("/proc/self/stat"), static_cast<double>(sysconf(_SC_CLK_TCK)), page);
  if (!facts) return;
  const auto add = [&](std::string name, std::string help, double value, MetricType type = MetricType::Gauge) {
    families.push_back(family(std::move(name), std::move(help), type, value));
  };
  add("process_cpu_seconds_total", "User and system time of this process, in seconds.", facts->cpu_seconds,
      MetricType::Counter);
  add("process_resident_memory_bytes", "Memory of this process that is resident, in bytes.",
      static_cast<double>(facts->resident_memory_bytes));
  add("process_virtual_memory_bytes", "Address space of this process, in bytes.",
      static_cast<double>(facts->virtual_memory_bytes));
  add("process_threads", "Threads of this process.", static_cast<double>(facts->threads));
  add("process_open_fds", "Open file descriptors of this process.", open_files());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add("process_max_fds", "File descriptors that this process may have open.", static_cast<double>(limit.rlim_cur));
  }
  if (const auto boot = parse_boot_time(system_stat)) {
    add("process_start_time_seconds", "When this process was started, in seconds since 1970.",
        *boot + facts->start_seconds);
  }
}

}  // namespace

HostMetrics::HostMetrics(std::string hostname)
    : hostname_(std::move(hostname)), last_(parse_cpu_times(read_text("/proc/stat"))) {}

std::vector<MetricFamily> HostMetrics::collect() {
  const std::string stat = read_text("/proc/stat");
  HostGauges gauges(hostname_);
  {
    const std::lock_guard lock(mutex_);
    const std::optional<CpuTimes> now = parse_cpu_times(stat);
    if (now && last_) {
      if (const auto share = cpu_utilization(*last_, *now)) {
        utilization_ = *share;
        last_ = now;
      }
    }
    gauges.add("CPUUtilization", "Time the machine's cores were busy since the last reading, in percent.",
               utilization_);
  }
  add_memory(gauges);
  add_disk(gauges);
  add_process(gauges.families, stat);
  return std::move(gauges.families);
}

}  // namespace animalctl::serve
