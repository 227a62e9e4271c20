#include "cli/loadtest_print.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/text.h"

namespace animalctl::cli {
namespace {

using loadtest::LatencyHistogram;
using nlohmann::ordered_json;

struct NamedQuantile {
  const char* name;
  double quantile;
};
constexpr NamedQuantile kQuantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

double milliseconds(std::chrono::nanoseconds value) {
  return std::chrono::duration<double, std::milli>(value).count();
}

std::string latency_text(const LatencyHistogram& histogram) {
  std::string text;
  for (const auto& [name, quantile] : kQuantiles) {
    text += fmt::format("{} {:.3f}  ", name, milliseconds(histogram.quantile(quantile)));
  }
  return text + fmt::format("max {:.3f}  mean {:.3f}", milliseconds(histogram.max()), milliseconds(histogram.mean()));
}

ordered_json latency_json(const LatencyHistogram& histogram) {
  ordered_json json;
  json["count"] = histogram.count();
  json["min"] = milliseconds(histogram.min());
  for (const auto& [name, quantile] : kQuantiles) json[name] = milliseconds(histogram.quantile(quantile));
  json["max"] = milliseconds(histogram.max());
  json["mean"] = milliseconds(histogram.mean());
  json["stddev"] = milliseconds(histogram.standard_deviation());
  return json;
}

double client_microseconds(const loadtest::LoadReport& report) {
  const auto requests = static_cast<double>(report.requests_begun);
  return requests > 0 ? report.client_cpu_seconds * 1e6 / requests : 0;
}

std::string list(const std::string& text, const std::string& item) {
  return text.empty() ? item : text + ", " + item;
}

}  // namespace

std::vector<std::string> load_report_lines(const loadtest::LoadReport& report) {
  std::string statuses;
  for (const auto& [status, count] : report.statuses) statuses = list(statuses, fmt::format("{}: {}", status, count));
  std::string failures;
  for (std::size_t i = 0; i < loadtest::kFailureKinds; ++i) {
    if (report.failures[i] == 0) continue;
    failures =
        list(failures, fmt::format("{}: {}", to_string(static_cast<loadtest::FailureKind>(i)), report.failures[i]));
  }
  std::vector<std::string> lines;
  lines.push_back(fmt::format("answers      {:.1f}/s, of them 2xx {:.1f}/s, in {:.2f} s", report.answers_per_second(),
                              report.good_per_second(), report.seconds));
  lines.push_back("latency, ms  " + latency_text(report.good_latency));
  if (report.refused_latency.count() > 0) lines.push_back("not 2xx, ms  " + latency_text(report.refused_latency));
  lines.push_back("statuses     " + (statuses.empty() ? "none" : statuses));
  lines.push_back(fmt::format("errors       {}; share of all that failed or was refused {:.3g} %",
                              failures.empty() ? "none" : failures, report.error_share() * 100));
  lines.push_back(fmt::format("bytes        sent {}, received {}", human_bytes(static_cast<double>(report.bytes_sent)),
                              human_bytes(static_cast<double>(report.bytes_received))));
  lines.push_back(fmt::format("client       {:.1f} us CPU a request, {} connections opened, woke up to {:.3f} ms late",
                              client_microseconds(report), report.connections, milliseconds(report.largest_lag)));
  if (report.interrupted) lines.emplace_back("Stopped before the end.");
  return lines;
}

ordered_json load_report_json(const loadtest::LoadReport& report) {
  ordered_json json;
  json["seconds"] = report.seconds;
  json["answers"] = report.answers();
  json["answers_per_second"] = report.answers_per_second();
  json["good_per_second"] = report.good_per_second();
  json["latency_ms"] = latency_json(report.good_latency);
  json["refused_latency_ms"] = latency_json(report.refused_latency);
  json["statuses"] = ordered_json::object();
  for (const auto& [status, count] : report.statuses) json["statuses"][std::to_string(status)] = count;
  json["errors"] = ordered_json::object();
  for (std::size_t i = 0; i < loadtest::kFailureKinds; ++i) {
    json["errors"][std::string(to_string(static_cast<loadtest::FailureKind>(i)))] = report.failures[i];
  }
  json["error_share"] = report.error_share();
  json["bytes_sent"] = report.bytes_sent;
  json["bytes_received"] = report.bytes_received;
  json["requests_begun"] = report.requests_begun;
  json["connections"] = report.connections;
  json["client_cpu_us_per_request"] = client_microseconds(report);
  json["client_largest_lag_ms"] = milliseconds(report.largest_lag);
  json["interrupted"] = report.interrupted;
  return json;
}

std::string rate_probe_line(const loadtest::RateProbe& probe) {
  return fmt::format("{:>10.1f}/s  good {:>10.1f}/s  {:>9.3f} ms  errors {:>6.3g} %  {}", probe.rate, probe.achieved,
                     milliseconds(probe.latency), probe.error_share * 100, probe.holds ? "holds" : "too high");
}

ordered_json max_rate_json(const loadtest::MaxRate& result) {
  ordered_json json;
  json["max_rate"] = result.rate;
  json["settled"] = result.settled;
  json["probes"] = ordered_json::array();
  for (const loadtest::RateProbe& probe : result.probes) {
    json["probes"].push_back({{"rate", probe.rate},
                              {"good_per_second", probe.achieved},
                              {"p99_ms", milliseconds(probe.latency)},
                              {"error_share", probe.error_share},
                              {"holds", probe.holds}});
  }
  return json;
}

}  // namespace animalctl::cli
