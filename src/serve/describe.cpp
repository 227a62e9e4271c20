#include "serve/describe.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "serve/utc_time.h"

namespace animalctl::serve {
namespace {

// TorchServe's defaults of what does not exist here.
constexpr int kMaxRetryTimeoutInSec = 300;

// Memory of the process, in bytes; its workers are threads and share it.
std::uint64_t resident_memory() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

nlohmann::ordered_json describe_workers(const ModelVersion& version) {
  nlohmann::ordered_json workers = nlohmann::ordered_json::array();
  const std::uint64_t memory = resident_memory();
  for (const ModelVersion::Worker& worker : version.workers()) {
    workers.push_back({{"id", fmt::format("{}", worker.id)},
                       {"startTime", iso_time(worker.started)},
                       {"status", "READY"},
                       {"memoryUsage", memory},
                       {"pid", ::getpid()},
                       {"gpu", false},
                       {"gpuUsage", "N/A"}});
  }
  return workers;
}

nlohmann::ordered_json describe_version(const ModelVersion& version) {
  const VersionFacts& facts = version.facts();
  const VersionSettings settings = version.settings();
  const std::size_t queued = version.queued();
  nlohmann::ordered_json json = {{"modelName", facts.model},
                                 {"modelVersion", facts.version},
                                 {"modelUrl", facts.url},
                                 {"runtime", facts.runtime},
                                 {"minWorkers", settings.min_workers},
                                 {"maxWorkers", settings.max_workers},
                                 {"batchSize", settings.batch_size},
                                 {"maxBatchDelay", settings.max_batch_delay.count()},
                                 {"responseTimeout", settings.response_timeout.count()},
                                 {"startupTimeout", settings.startup_timeout.count()},
                                 {"maxRetryTimeoutInSec", kMaxRetryTimeoutInSec},
                                 {"clientTimeoutInMills", 0},
                                 {"parallelType", ""},
                                 {"parallelLevel", 0},
                                 {"deviceType", "cpu"},
                                 {"continuousBatching", false},
                                 {"useJobTicket", false},
                                 {"useVenv", false},
                                 {"stateful", false},
                                 {"sequenceMaxIdleMSec", 0},
                                 {"sequenceTimeoutMSec", 0},
                                 {"maxNumSequence", 0},
                                 {"maxSequenceJobQueueSize", 0},
                                 {"loadedAtStartup", facts.loaded_at_startup},
                                 {"workers", describe_workers(version)}};
  json["jobQueueStatus"] = {{"remainingCapacity", settings.job_queue_size - std::min(queued, settings.job_queue_size)},
                            {"pendingRequests", queued}};
  if (!version.metadata().is_null()) json["customizedMetadata"] = version.metadata();
  return json;
}

}  // namespace

nlohmann::ordered_json describe_versions(const ModelManager& models, const std::string& model,
                                         const std::string& version) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  if (version == "all") {
    for (const auto& one : models.versions(model)) list.push_back(describe_version(*one));
  } else {
    list.push_back(describe_version(*models.find(model, version)));
  }
  return list;
}

nlohmann::ordered_json list_models(const ModelManager& models, std::size_t first, std::size_t limit) {
  std::vector<std::shared_ptr<ModelVersion>> versions;
  for (const ModelManager::Entry& entry : models.entries()) {
    if (entry.default_version) versions.push_back(entry.version);
  }
  const std::size_t last = first > versions.size() ? versions.size() : std::min(versions.size(), first + limit);
  nlohmann::ordered_json json;
  if (first + limit <= versions.size()) json["nextPageToken"] = fmt::format("{}", first + limit);
  json["models"] = nlohmann::ordered_json::array();
  for (std::size_t i = first; i < last; ++i) {
    json["models"].push_back({{"modelName", versions[i]->facts().model}, {"modelUrl", versions[i]->facts().url}});
  }
  return json;
}

}  // namespace animalctl::serve
