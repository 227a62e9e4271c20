#include "model/serving_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "compat/torch_graph.h"
#include "fused/fused_network.h"
#include "model/device.h"

namespace animalctl {
namespace {

using Function = std::function<torch::Tensor(const torch::Tensor&)>;

// Largest difference from the plain network: of raw outputs as a share of the largest, of probabilities as it is.
struct Tolerance {
  double share;
  double probability;
};
constexpr Tolerance kFloat32{1e-3, 1e-3};
constexpr Tolerance kBfloat16{0.05, 0.02};

// Rounds in which every candidate runs once with one image and once with many; its shortest run counts, because
// whatever else the machine does only adds. In turns, because what it does lasts.
constexpr int kRounds = 6;
// Once so long has been spent, no further round begins.
constexpr std::chrono::milliseconds kEnough{800};
constexpr int kTimedRuns = 3;  // of a batch size
// Batches of the race. Greater ones are measured of the winner only.
constexpr std::int64_t kRaceBatch = 8;
// A candidate this much slower than the best is in no further round.
constexpr double kHopeless = 2;
// How much quicker bfloat16 must be to be worth its rounding, and a greater batch its longer wait.
constexpr double kWorthBfloat16 = 1.15;
constexpr double kWorthGreaterBatch = 1.02;

struct Candidate {
  std::string name;
  std::string precision;
  Function function;
  double advantage = 1;                                   // how much quicker than another it has to be
  double one = std::numeric_limits<double>::infinity();   // seconds an image, alone
  double many = std::numeric_limits<double>::infinity();  // seconds an image, in the race's batch
  double cost() const { return one + many; }
};

void to_channels_last(const torch::jit::Module& script) {
  for (const auto& item : script.named_parameters()) {
    torch::Tensor tensor = item.value;
    if (tensor.dim() == 4) tensor.set_data(tensor.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

torch::jit::Module copy_of(const torch::jit::Module& script, at::ScalarType type) {
  torch::jit::Module copy = script.deepcopy();
  if (type != torch::kFloat) copy.to(type);
  copy.eval();
  return copy;
}

Function channels_last(const torch::jit::Module& script, at::ScalarType type) {
  torch::jit::Module copy = copy_of(script, type);
  to_channels_last(copy);
  torch::jit::Module frozen = torch::jit::freeze(copy);
  return [frozen, type](const torch::Tensor& input) mutable {
    return frozen.forward({input.to(type, false, false, torch::MemoryFormat::ChannelsLast)}).toTensor();
  };
}

// Convolutions as oneDNN primitives with what follows them.
Function fused(const torch::jit::Module& script, FusedArithmetic arithmetic, const torch::Tensor& examples) {
  const std::array<std::int64_t, 3> input = {examples.size(1), examples.size(2), examples.size(3)};
  const auto network = std::make_shared<FusedNetwork>(copy_of(script, torch::kFloat), arithmetic, input,
                                                      static_cast<int>(examples.size(0)));
  return [network](const torch::Tensor& images) { return network->run(images); };
}

Function compiled(const torch::jit::Module& script, at::ScalarType type) {
  torch::jit::Module copy = copy_of(script, type);
  torch::jit::Module optimised = torch::jit::optimize_for_inference(copy);
  return
      [optimised, type](const torch::Tensor& input) mutable { return optimised.forward({input.to(type)}).toTensor(); };
}

double seconds_an_image(const Function& function, const torch::Tensor& input) {
  const auto start = std::chrono::steady_clock::now();
  function(input);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return seconds / static_cast<double>(input.size(0));
}

double largest(const torch::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

}  // namespace

struct ServingPlan::State {
  explicit State(const Options& given) : options(given) {}

  torch::Tensor first(std::int64_t images) const { return options.examples.narrow(0, 0, images); }
  torch::Tensor answer_of(const torch::Tensor& raw) const { return raw.narrow(1, 0, raw.size(1) - options.projection); }
  // Times the candidates, and keeps the best.
  void race();
  // Makes a candidate, or leaves it out. False when it does not agree.
  bool consider(const char* name, at::ScalarType type, const std::function<Function()>& make);
  bool consider_all(const torch::jit::Module& script, at::ScalarType type);
  void measure_batches();

  const Options options;
  torch::Tensor reference;  // raw output of the examples of the race
  std::vector<Candidate> candidates;
  Candidate best;
  int best_batch = 1;
  double images_per_second = 0;
};

void ServingPlan::State::race() {
  const auto start = std::chrono::steady_clock::now();
  double quickest = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    if (round > 1 && std::chrono::steady_clock::now() - start > kEnough) break;
    for (Candidate& candidate : candidates) {
      if (round > 0 && candidate.cost() > kHopeless * quickest) continue;
      candidate.one = std::min(candidate.one, seconds_an_image(candidate.function, first(1)));
      candidate.many = std::min(candidate.many, seconds_an_image(candidate.function, first(reference.size(0))));
    }
    for (const Candidate& candidate : candidates) quickest = std::min(quickest, candidate.cost());
  }
  for (Candidate& candidate : candidates) {
    log::debug("timed a way to run the model", {{"way", candidate.name},
                                                {"precision", candidate.precision},
                                                {"ms_alone", 1e3 * candidate.one},
                                                {"ms_in_a_batch", 1e3 * candidate.many}});
    if (candidate.cost() * candidate.advantage < best.cost()) best = std::move(candidate);
  }
  candidates.clear();
}

bool ServingPlan::State::consider(const char* name, at::ScalarType type, const std::function<Function()>& make) {
  const bool exact = type == torch::kFloat;
  const char* const precision = exact ? "fp32" : "bf16";
  const Tolerance tolerance = exact ? kFloat32 : kBfloat16;
  try {
    Candidate candidate{name, precision, make(), exact || options.precision == Precision::Bf16 ? 1 : kWorthBfloat16};
    const torch::Tensor input = first(reference.size(0));
    candidate.function(first(1));
    candidate.function(input);
    const torch::Tensor result = candidate.function(input).to(torch::kFloat);
    const double share = largest(answer_of(result - reference)) / std::max(largest(answer_of(reference)), 1e-6);
    const double probability = largest(options.probabilities(result) - options.probabilities(reference));
    if (!(share <= tolerance.share && probability <= tolerance.probability)) {
      log::debug("a way to run the model does not agree with the plain one",
                 {{"way", name}, {"precision", precision}, {"share", share}, {"probability", probability}});
      return false;
    }
    candidates.push_back(std::move(candidate));
    return true;
  } catch (const std::exception& error) {
    log::debug("a way to run the model is left out", {{"way", name}, {"precision", precision}, {"why", error.what()}});
    return false;
  }
}

// Whether one of them agrees. LibTorch's ways are for what cannot be fused: they were slower wherever both are
// possible.
bool ServingPlan::State::consider_all(const torch::jit::Module& script, at::ScalarType type) {
  const auto fuse = [&](FusedArithmetic arithmetic) { return fused(script, arithmetic, options.examples); };
  if (type == torch::kFloat) {
    const bool plain = consider("fused", type, [&] { return fuse(FusedArithmetic::Float32); });
    const bool winograd = consider("fused, Winograd", type, [&] { return fuse(FusedArithmetic::Winograd); });
    if (plain || winograd) return true;
  } else if (consider("fused", type, [&] { return fuse(FusedArithmetic::Bfloat16); })) {
    return true;
  }
  const bool plain = consider("compiled", type, [&] { return compiled(script, type); });
  return consider("channels-last", type, [&] { return channels_last(script, type); }) || plain;
}

void ServingPlan::State::measure_batches() {
  const auto limit = options.examples.size(0);
  double quickest = best.one;
  best_batch = 1;
  for (std::int64_t batch = 2; batch / 2 < limit; batch *= 2) {
    const torch::Tensor input = first(std::min(batch, limit));
    best.function(input);
    double seconds = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kTimedRuns; ++i) seconds = std::min(seconds, seconds_an_image(best.function, input));
    if (seconds * kWorthGreaterBatch >= quickest) continue;
    quickest = seconds;
    best_batch = static_cast<int>(input.size(0));
  }
  images_per_second = 1 / std::max(quickest, 1e-9);
}

ServingPlan::ServingPlan(const torch::jit::Module& script, Function plain, const Options& options)
    : state_(std::make_unique<State>(options)) {
  const c10::InferenceMode inference;
  State& state = *state_;
  // LibTorch 2.6 with LLVM compiled a frozen ResNet-18 for ten minutes.
  torch::jit::setTensorExprFuserEnabled(false);
  const torch::Device device = options.device;
  const Function on_device = [plain, device](const torch::Tensor& input) { return plain(input.to(device)); };
  state.reference =
      on_device(state.first(std::min(options.examples.size(0), kRaceBatch))).to(torch::kCPU).to(torch::kFloat);
  if (!state.reference.isfinite().all().item<bool>()) {
    throw Error(
        ErrorCode::DataLoss,
        "the model answers example images with numbers that are not finite; its file is damaged or its training "
        "failed");
  }
  const bool insists = options.precision == Precision::Bf16;
  bool bfloat16_agrees = false;
  if (!insists || !device.is_cpu()) state.candidates.push_back({"as is", "fp32", on_device});
  if (device.is_cpu()) {
    if (!insists) state.consider_all(script, torch::kFloat);
    if (insists || (options.precision == Precision::Auto && processor_has_bfloat16())) {
      bfloat16_agrees = state.consider_all(script, torch::kBFloat16);
    }
  }
  if (insists && !bfloat16_agrees) {
    throw Error(ErrorCode::Unavailable,
                "--precision bf16: this model's answers in bfloat16 are too far from those in float32, or it cannot be "
                "run in it; use fp32 or auto");
  }
  state.race();
  state.measure_batches();
}

ServingPlan::~ServingPlan() = default;
ServingPlan::ServingPlan(ServingPlan&& other) noexcept = default;

torch::Tensor ServingPlan::run(const torch::Tensor& input) const {
  return state_->best.function(input).to(torch::kCPU, torch::kFloat).contiguous();
}

int ServingPlan::best_batch() const {
  return state_->best_batch;
}

std::string ServingPlan::description() const {
  return fmt::format("{} {}, batch {}, {:.0f} images/s a thread", state_->best.name, state_->best.precision,
                     state_->best_batch, state_->images_per_second);
}

}  // namespace animalctl
