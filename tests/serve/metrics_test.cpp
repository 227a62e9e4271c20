#include "serve/metrics.h"

#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "serve/prometheus_text.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;

namespace {

VersionFacts facts(const std::string& model, const std::string& version) {
  VersionFacts facts;
  facts.model = model;
  facts.version = version;
  return facts;
}

Prediction prediction(int batch) {
  Prediction prediction;
  prediction.decode = milliseconds(2);
  prediction.queued = milliseconds(3);
  prediction.inference = milliseconds(4);
  prediction.batch = batch;
  return prediction;
}

std::string hostname() {
  std::array<char, 256> name{};
  REQUIRE(gethostname(name.data(), name.size() - 1) == 0);
  return name.data();
}

std::string host(const std::string& name) {
  return name + "{Hostname=\"" + hostname() + "\",Level=\"Host\"}";
}

PromText all(const Metrics& metrics) {
  return PromText(metrics.text({}));
}

}  // namespace

TEST_CASE("a prediction is counted under TorchServe's names and ours", "[metrics]") {
  Metrics metrics;
  metrics.predicted(facts("animal", "1.0"), prediction(1), milliseconds(10));
  metrics.predicted(facts("animal", "1.0"), prediction(1), milliseconds(10));
  const PromText text = all(metrics);
  const std::string torchserve = "{hostname=\"" + hostname() + "\",model_name=\"animal\",model_version=\"1.0\"}";
  CHECK(text.value("ts_inference_requests_total" + torchserve) == 2);
  CHECK(text.value("ts_inference_latency_microseconds" + torchserve) == 20000);
  CHECK(text.value("ts_queue_latency_microseconds" + torchserve) == 6000);
  CHECK(text.value(host("QueueTime")) == 3);
  CHECK(text.value(host("WorkerThreadTime")) == 1);
  const std::string model = "{Hostname=\"" + hostname() + "\",Level=\"Model\",ModelName=\"animal\"}";
  CHECK(text.value("HandlerTime" + model) == 6);
  CHECK(text.value("PredictionTime" + model) == 4);
  CHECK(text.value("animalctl_requests_total{model=\"animal\",reason=\"ok\",status=\"200\",version=\"1.0\"}") == 2);
  for (const char* name : {"request_duration_seconds", "queue_seconds", "decode_seconds", "inference_seconds"}) {
    INFO(name);
    CHECK(text.value(std::string("animalctl_") + name + "_count{model=\"animal\",version=\"1.0\"}") == 2);
    CHECK(text.families.at(std::string("animalctl_") + name).type == "histogram");
  }
  CHECK(text.value("animalctl_request_duration_seconds_sum{model=\"animal\",version=\"1.0\"}") == 0.02);
  CHECK(text.value("animalctl_request_duration_seconds_bucket{le=\"0.005\",model=\"animal\",version=\"1.0\"}") == 0);
  CHECK(text.value("animalctl_request_duration_seconds_bucket{le=\"0.01\",model=\"animal\",version=\"1.0\"}") == 2);
}

TEST_CASE("a batch is observed once, when all its pictures have been answered", "[metrics]") {
  Metrics metrics;
  for (int i = 0; i < 8; ++i) metrics.predicted(facts("m", "1"), prediction(4), milliseconds(10));
  metrics.predicted(facts("m", "1"), prediction(1), milliseconds(10));
  const PromText text = all(metrics);
  CHECK(text.value("animalctl_batch_size_count{model=\"m\",version=\"1\"}") == 3);
  CHECK(text.value("animalctl_batch_size_sum{model=\"m\",version=\"1\"}") == 9);
}

TEST_CASE("refusals are counted by status and reason, those for load once more", "[metrics]") {
  Metrics metrics;
  metrics.refused(facts("m", "1"), 503, "queue_full", milliseconds(1));
  metrics.refused(facts("m", "1"), 503, "queue_full");
  metrics.refused(facts("m", "1"), 400, "undecodable");
  const PromText text = all(metrics);
  CHECK(text.value("animalctl_requests_total{model=\"m\",reason=\"queue_full\",status=\"503\",version=\"1\"}") == 2);
  CHECK(text.value("animalctl_requests_total{model=\"m\",reason=\"undecodable\",status=\"400\",version=\"1\"}") == 1);
  CHECK(text.value("animalctl_rejected_total{model=\"m\",reason=\"queue_full\",version=\"1\"}") == 2);
  CHECK(text.of("animalctl_rejected_total").size() == 1);
}

TEST_CASE("answers are counted by class and by status", "[metrics]") {
  Metrics metrics;
  for (const int status : {200, 202, 404, 503, 503, 304}) metrics.answered(status);
  const PromText text = all(metrics);
  CHECK(text.value(host("Requests2XX")) == 2);
  CHECK(text.value(host("Requests4XX")) == 1);
  CHECK(text.value(host("Requests5XX")) == 2);
  CHECK(text.value("animalctl_http_responses_total{status=\"503\"}") == 2);
  CHECK(text.value("animalctl_http_responses_total{status=\"304\"}") == 1);
}

TEST_CASE("the machine's gauges have TorchServe's names, units and labels", "[metrics]") {
  const PromText text = all(Metrics());
  for (const char* name : {"CPUUtilization", "MemoryUsed", "MemoryAvailable", "MemoryUtilization", "DiskUsage",
                           "DiskUtilization", "DiskAvailable"}) {
    INFO(name);
    REQUIRE(text.has(host(name)));
    CHECK(text.families.at(name).type == "gauge");
    CHECK(text.value(host(name)) >= 0);
  }
  CHECK(text.value(host("MemoryUtilization")) <= 100);
  CHECK(text.value(host("DiskUtilization")) <= 100);
  CHECK(text.value("process_resident_memory_bytes") > 1e6);
  CHECK(text.value("process_open_fds") >= 3);
  CHECK(text.families.at("process_cpu_seconds_total").type == "counter");
}

TEST_CASE("a version that is no longer registered takes its series along", "[metrics]") {
  Metrics metrics;
  metrics.predicted(facts("m", "1"), prediction(1), milliseconds(10));
  metrics.predicted(facts("m", "2"), prediction(1), milliseconds(10));
  metrics.refused(facts("gone", "1"), 503, "no_worker");
  const std::vector<VersionState> registered = {{"m", "2", 5, 3}, {"new", "1", 0, 1}};
  metrics.show_versions(registered);
  const PromText text = all(metrics);
  CHECK(text.of("ts_inference_requests_total").size() == 2);
  CHECK(text.of("HandlerTime").size() == 2);
  CHECK(text.of("animalctl_rejected_total").empty());
  CHECK(text.value("animalctl_queue_length{model=\"m\",version=\"2\"}") == 5);
  CHECK(text.value("animalctl_workers{model=\"m\",version=\"2\"}") == 3);
  CHECK(text.value("animalctl_requests_total{model=\"m\",reason=\"ok\",status=\"200\",version=\"2\"}") == 1);
  metrics.show_versions({});
  CHECK_FALSE(contains(metrics.text({}), "\"m\""));
}

TEST_CASE("only the families that are asked for by name are shown", "[metrics]") {
  Metrics metrics;
  metrics.predicted(facts("m", "1"), prediction(1), milliseconds(10));
  const std::vector<std::string> names = {"CPUUtilization", "animalctl_queue_seconds", "no_such"};
  const PromText text(metrics.text(names));
  CHECK(text.families.size() == 2);
  CHECK(text.families.count("animalctl_queue_seconds") == 1);
  const std::vector<std::string> unknown = {"no_such"};
  CHECK(metrics.text(unknown).empty());
}

TEST_CASE("label values of any bytes leave the text valid", "[metrics]") {
  Metrics metrics;
  metrics.refused(facts("a\"b\\c\nd", "1"), 503, "no_worker");
  CHECK(all(metrics).has("animalctl_rejected_total{model=\"a\"b\\c\nd\",reason=\"no_worker\",version=\"1\"}"));
}

TEST_CASE("workers and dropped answers are shown, and the oldest workers are forgotten", "[metrics]") {
  Metrics metrics;
  metrics.sink_dropped(3);
  for (int i = 0; i < 1030; ++i) metrics.worker_loaded("W-" + std::to_string(i), milliseconds(7));
  const PromText text = all(metrics);
  CHECK(text.value("animalctl_lake_dropped_total") == 3);
  CHECK(text.of("WorkerLoadTime").size() == 1024);
  CHECK(text.value("WorkerLoadTime{Hostname=\"" + hostname() + "\",Level=\"Host\",WorkerName=\"W-1029\"}") == 7);
}

TEST_CASE("statistics of a version add up in Triton's terms", "[metrics]") {
  Metrics metrics;
  CHECK(metrics.statistics("m", "1").predictions == 0);
  for (int i = 0; i < 4; ++i) metrics.predicted(facts("m", "1"), prediction(2), milliseconds(10));
  metrics.predicted(facts("m", "1"), prediction(1), milliseconds(10));
  metrics.refused(facts("m", "1"), 408, "deadline", milliseconds(50));
  const VersionStatistics statistics = metrics.statistics("m", "1");
  CHECK(statistics.predictions == 5);
  CHECK(statistics.executions == 3);
  CHECK(statistics.last_inference_ms > 1'700'000'000'000);
  CHECK(statistics.success.count == 5);
  CHECK(statistics.success.ns == 50'000'000);
  CHECK(statistics.fail.count == 1);
  CHECK(statistics.fail.ns == 50'000'000);
  CHECK(statistics.queue.ns == 15'000'000);
  CHECK(statistics.compute_input.ns == 10'000'000);
  CHECK(statistics.compute_infer.ns == 20'000'000);
  CHECK(statistics.compute_output.ns == 5'000'000);
  REQUIRE(statistics.batches.size() == 2);
  CHECK(statistics.batches[1].size == 2);
  CHECK(statistics.batches[1].executions == 2);
  CHECK(statistics.batches[1].infer_ns == 8'000'000);
}

TEST_CASE("observing, scraping and unregistering at the same time lose nothing that stays", "[metrics]") {
  Metrics metrics;
  constexpr int kEach = 2000;
  const std::vector<VersionState> registered = {{"m", "1", 0, 1}};
  {
    std::jthread first([&] {
      for (int i = 0; i < kEach; ++i) metrics.predicted(facts("m", "1"), prediction(1), milliseconds(1));
    });
    std::jthread second([&] {
      for (int i = 0; i < kEach; ++i) metrics.refused(facts("other", std::to_string(i % 7)), 503, "queue_full");
    });
    for (int i = 0; i < 20; ++i) {
      metrics.show_versions(registered);
      CHECK_NOTHROW(all(metrics));
    }
  }
  metrics.show_versions(registered);
  const PromText text = all(metrics);
  CHECK(text.value("animalctl_requests_total{model=\"m\",reason=\"ok\",status=\"200\",version=\"1\"}") == kEach);
  CHECK(text.of("animalctl_rejected_total").empty());
}

TEST_CASE("the reader of the text format refuses what Prometheus refuses", "[metrics]") {
  CHECK_NOTHROW(PromText("# HELP a b\n# TYPE a gauge\na{x=\"1\"} 2\n"));
  for (const char* text :
       {"# HELP a b\n# TYPE a gauge\na 1\na 2\n", "# HELP a b\n# TYPE a gauge\na 1",
        "# HELP a b\n# HELP a b\n# TYPE a gauge\na 1\n", "# HELP a b\n# TYPE a gauge\nb 1\n",
        "# HELP a b\n# TYPE a gauge\na{x=1} 2\n", "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n", "# HELP a b\na 1\n"}) {
    INFO(text);
    CHECK_THROWS_AS(PromText(text), std::runtime_error);
  }
}

}  // namespace animalctl::test
