#include "serve/warm_up.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace animalctl::serve {
namespace {

void run_directly(const ServingModel& model, int batch) {
  const std::vector<float> input(model.input_size());
  const std::vector<const float*> inputs(static_cast<std::size_t>(batch), input.data());
  std::vector<float> outputs(inputs.size() * model.row_size());
  model.run(inputs, outputs);
}

void require_time(const ModelVersion& version, Clock::time_point deadline) {
  if (Clock::now() < deadline) return;
  throw Error(ErrorCode::DeadlineExceeded,
              fmt::format("Model \"{}\" version {} was not ready within its startup timeout", version.facts().model,
                          version.facts().version));
}

}  // namespace

void warm_up(ModelVersion& version, const VersionSettings& settings, Clock::time_point deadline) {
  require_time(version, deadline);
  const ServingModel& model = version.model();
  // TorchScript looks at its first runs before it settles on how to run.
  constexpr int kRuns = 2;
  for (int i = 0; i < kRuns; ++i) run_directly(model, 1);
  if (settings.batch_size > 1) run_directly(model, settings.batch_size);
  version.scale(settings.min_workers, settings.max_workers);
  if (settings.min_workers > 0) {
    version.predict_prepared(std::vector<float>(model.input_size()), RequestLimits{deadline, {}});
  }
  require_time(version, deadline);
}

}  // namespace animalctl::serve
