#include "serve/v2_statistics.h"

#include <nlohmann/json.hpp>

#include "serve/v2_answer.h"

namespace animalctl::serve {
namespace {

using Json = nlohmann::ordered_json;

Json duration(const DurationSum& sum) {
  return {{"count", sum.count}, {"ns", sum.ns}};
}

Json entry_of(const ModelVersion& version, const VersionStatistics& statistics) {
  Json entry;
  entry["name"] = version.facts().model;
  entry["version"] = version.facts().version;
  entry["last_inference"] = statistics.last_inference_ms;
  entry["inference_count"] = statistics.predictions;
  entry["execution_count"] = statistics.executions;
  Json& sums = entry["inference_stats"];
  sums["success"] = duration(statistics.success);
  sums["fail"] = duration(statistics.fail);
  sums["queue"] = duration(statistics.queue);
  sums["compute_input"] = duration(statistics.compute_input);
  sums["compute_infer"] = duration(statistics.compute_infer);
  sums["compute_output"] = duration(statistics.compute_output);
  entry["batch_stats"] = Json::array();
  for (const VersionStatistics::Batch& batch : statistics.batches) {
    entry["batch_stats"].push_back({{"batch_size", batch.size},
                                    {"compute_input", duration({batch.executions, batch.input_ns})},
                                    {"compute_infer", duration({batch.executions, batch.infer_ns})},
                                    // Answers are formed apart from batches.
                                    {"compute_output", duration({batch.executions, 0})}});
  }
  return entry;
}

}  // namespace

http::Response v2_statistics(const InferenceService& service, const http::Request& request) {
  const ModelManager& models = service.models();
  const std::string model = request.parameter("model");
  const std::string version_name = request.parameter("version");
  std::vector<std::shared_ptr<ModelVersion>> versions;
  if (!version_name.empty()) {
    versions.push_back(models.find(model, version_name));
  } else {
    for (const std::string& name : model.empty() ? models.names() : std::vector<std::string>{model}) {
      const auto of_model = models.versions(name);
      versions.insert(versions.end(), of_model.begin(), of_model.end());
    }
  }
  Json list = Json::array();
  for (const auto& version : versions) {
    const VersionFacts& facts = version->facts();
    list.push_back(entry_of(*version, service.metrics().statistics(facts.model, facts.version)));
  }
  return v2_answer(200, {{"model_stats", std::move(list)}});
}

}  // namespace animalctl::serve
