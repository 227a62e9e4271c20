#include "serve/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "serve/host_metrics.h"
#include "serve/version_series.h"

namespace animalctl::serve {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Labels;

// Series of workers that have ended are dropped, the oldest first, when there are more: names are never reused.
constexpr std::size_t kMaxWorkerSeries = 1024;
constexpr int kFirstStatus = 100;
constexpr int kLastStatus = 599;

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Family<Counter>& counter(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

struct Metrics::State {
  // One model's versions; the shared series go with the last of them.
  struct Model {
    Model(VersionFamilies& families, const std::string& hostname, const std::string& name)
        : shared(families, hostname, name) {}
    ModelSeries shared;
    std::map<std::string, VersionSeries, std::less<>> versions;
  };

  State();
  // Runs `use(model, series)` on a version's series, which are made at its first use.
  template <typename Use>
  void with_version(const VersionFacts& facts, Use&& use);

  const std::string hostname;
  const Labels host_labels;
  prometheus::Registry registry;
  VersionFamilies families;
  std::array<Counter*, 3> by_class;  // Requests2XX, Requests4XX, Requests5XX
  Family<Counter>& responses;        // animalctl_http_responses_total
  Counter& sink_dropped;             // animalctl_lake_dropped_total
  Gauge& queue_time;                 // QueueTime
  Gauge& worker_thread_time;         // WorkerThreadTime
  Family<Gauge>& worker_load_time;   // WorkerLoadTime
  HostMetrics host;

  // Of the map: held shared while a series is observed (a microsecond), alone while one is made or removed.
  std::shared_mutex versions_mutex;
  std::map<std::string, Model, std::less<>> models;

  std::mutex responses_mutex;
  std::map<int, Counter*> responses_by_status;

  std::mutex workers_mutex;
  std::map<std::string, Gauge*> workers;
  std::deque<std::string> worker_order;
};

Metrics::State::State()
    : hostname(host_name()),
      host_labels{{"Level", "Host"}, {"Hostname", hostname}},
      families(registry),
      by_class{&counter(registry, "Requests2XX", "Answers of a status from 200 to 299.").Add(host_labels),
               &counter(registry, "Requests4XX", "Answers of a status from 400 to 499.").Add(host_labels),
               &counter(registry, "Requests5XX", "Answers of a status from 500 to 599.").Add(host_labels)},
      responses(counter(registry, "animalctl_http_responses_total", "Answers of all listeners by HTTP status.")),
      sink_dropped(counter(registry, "animalctl_lake_dropped_total",
                           "Answers that were not stored because the queue of the store was full.")
                       .Add({})),
      queue_time(gauge(registry, "QueueTime", "Time the last prediction waited for a worker, in ms.").Add(host_labels)),
      worker_thread_time(gauge(registry, "WorkerThreadTime",
                               "Time of the last request that was neither waiting, decoding nor inference, in ms.")
                             .Add(host_labels)),
      worker_load_time(gauge(registry, "WorkerLoadTime", "Time that a worker took to start, in ms.")),
      host(hostname) {}

template <typename Use>
void Metrics::State::with_version(const VersionFacts& facts, Use&& use) {
  {
    const std::shared_lock lock(versions_mutex);
    const auto model = models.find(facts.model);
    if (model != models.end()) {
      const auto version = model->second.versions.find(facts.version);
      if (version != model->second.versions.end()) return use(model->second.shared, version->second);
    }
  }
  const std::unique_lock lock(versions_mutex);
  Model& model = models.try_emplace(facts.model, families, hostname, facts.model).first->second;
  use(model.shared,
      model.versions.try_emplace(facts.version, families, hostname, facts.model, facts.version).first->second);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::answered(int status) {
  const int hundreds = status / 100;
  if (hundreds == 2) state_->by_class[0]->Increment();
  if (hundreds == 4) state_->by_class[1]->Increment();
  if (hundreds == 5) state_->by_class[2]->Increment();
  if (status < kFirstStatus || status > kLastStatus) return;
  const std::lock_guard lock(state_->responses_mutex);
  Counter*& child = state_->responses_by_status[status];
  if (child == nullptr) child = &state_->responses.Add({{"status", std::to_string(status)}});
  child->Increment();
}

void Metrics::predicted(const VersionFacts& version, const Prediction& prediction, Clock::duration total) {
  const Clock::duration known = prediction.decode + prediction.queued + prediction.inference;
  state_->queue_time.Set(milliseconds(prediction.queued));
  state_->worker_thread_time.Set(milliseconds(std::max(total - known, Clock::duration::zero())));
  state_->with_version(version, [&](ModelSeries& model, VersionSeries& series) {
    model.predicted(prediction);
    series.predicted(prediction, total);
  });
}

void Metrics::refused(const VersionFacts& version, int status, std::string_view reason, Clock::duration total) {
  state_->with_version(version, [&](ModelSeries&, VersionSeries& series) { series.refused(status, reason, total); });
}

void Metrics::worker_loaded(const std::string& worker, Clock::duration load) {
  const std::lock_guard lock(state_->workers_mutex);
  Gauge*& child = state_->workers[worker];
  if (child == nullptr) {
    Labels labels = state_->host_labels;
    labels.emplace("WorkerName", worker);
    child = &state_->worker_load_time.Add(labels);
    state_->worker_order.push_back(worker);
  }
  child->Set(milliseconds(load));
  if (state_->worker_order.size() <= kMaxWorkerSeries) return;
  const auto oldest = state_->workers.find(state_->worker_order.front());
  state_->worker_load_time.Remove(oldest->second);
  state_->workers.erase(oldest);
  state_->worker_order.pop_front();
}

void Metrics::sink_dropped(std::uint64_t count) {
  state_->sink_dropped.Increment(static_cast<double>(count));
}

void Metrics::show_versions(std::span<const VersionState> versions) {
  const auto registered = [&](const std::string& model, const std::string& version) {
    return std::any_of(versions.begin(), versions.end(),
                       [&](const VersionState& state) { return state.model == model && state.version == version; });
  };
  {
    const std::unique_lock lock(state_->versions_mutex);
    for (auto& [name, model] : state_->models) {
      std::erase_if(model.versions, [&, &name = name](const auto& entry) { return !registered(name, entry.first); });
    }
    std::erase_if(state_->models, [](const auto& entry) { return entry.second.versions.empty(); });
  }
  for (const VersionState& state : versions) {
    VersionFacts facts;
    facts.model = state.model;
    facts.version = state.version;
    state_->with_version(facts, [&](ModelSeries&, VersionSeries& series) { series.show(state.queued, state.workers); });
  }
}

VersionStatistics Metrics::statistics(std::string_view model, std::string_view version) const {
  const std::shared_lock lock(state_->versions_mutex);
  const auto versions = state_->models.find(model);
  if (versions == state_->models.end()) return {};
  const auto series = versions->second.versions.find(version);
  if (series == versions->second.versions.end()) return {};
  return series->second.statistics();
}

std::string Metrics::text(std::span<const std::string> names) const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::vector<prometheus::MetricFamily> host = state_->host.collect();
  std::move(host.begin(), host.end(), std::back_inserter(families));
  if (!names.empty()) {
    std::erase_if(families, [&](const prometheus::MetricFamily& family) {
      return std::find(names.begin(), names.end(), family.name) == names.end();
    });
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace animalctl::serve
