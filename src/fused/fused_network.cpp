#include "fused/fused_network.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>

#include "animalctl/base/error.h"
#include "fused/trunk.h"

namespace animalctl {
namespace {

// How much quicker an image must be in a greater part to be worth the memory.
constexpr double kWorthGreaterPart = 1.03;
constexpr int kTimedRuns = 3;

// A program and the memory of its runs: as many as have run at the same time.
class ProgramPool {
 public:
  explicit ProgramPool(FusedProgram program) : program_(std::move(program)) {}

  const FusedProgram& program() const { return program_; }

  void run(const float* input, const std::vector<float*>& outputs) {
    std::unique_ptr<FusedRun> run = take();
    run->run(input, outputs);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(run));
  }

 private:
  std::unique_ptr<FusedRun> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<FusedRun>(program_);
    std::unique_ptr<FusedRun> run = std::move(idle_.back());
    idle_.pop_back();
    return run;
  }

  const FusedProgram program_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<FusedRun>> idle_;
};

}  // namespace

struct FusedNetwork::State {
  State(Trunk given, FusedArithmetic with, const std::array<std::int64_t, 3>& shape)
      : trunk(std::move(given)), arithmetic(with), input(shape), rest(trunk.rest, "rest") {
    for (const Trunk::Output& output : trunk.outputs) outputs.push_back(output.map);
    fuse_layers(trunk.layers, outputs);
  }

  void build(int images) {
    FusedProgram program =
        build_program(trunk.layers, outputs, arithmetic, {images, input[0], input[1], input[2]}, weights);
    programs.emplace(images, std::make_unique<ProgramPool>(std::move(program)));
  }

  double seconds_an_image(int images) {
    const torch::Tensor example = torch::zeros({images, input[0], input[1], input[2]});
    std::vector<torch::Tensor> results = new_results(images);
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i <= kTimedRuns; ++i) {  // the first one fills caches
      const auto start = std::chrono::steady_clock::now();
      run_part(*programs.at(images), example, 0, results);
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best / images;
  }

  // One of [B, C, H, W] for each output.
  std::vector<torch::Tensor> new_results(std::int64_t images) const {
    const std::vector<onednn::Dims>& shapes = programs.begin()->second->program().output_shapes;
    std::vector<torch::Tensor> results;
    for (const onednn::Dims& shape : shapes) results.push_back(torch::empty({images, shape[1], shape[2], shape[3]}));
    return results;
  }

  static void run_part(ProgramPool& pool, const torch::Tensor& images, std::int64_t first,
                       std::vector<torch::Tensor>& results) {
    std::vector<float*> targets;
    for (torch::Tensor& result : results) {
      targets.push_back(result.data_ptr<float>() + first * (result.numel() / result.size(0)));
    }
    pool.run(images.data_ptr<float>() + first * (images.numel() / images.size(0)), targets);
  }

  Trunk trunk;
  std::vector<MapNumber> outputs;
  const FusedArithmetic arithmetic;
  const std::array<std::int64_t, 3> input;
  FusedWeights weights;
  std::map<int, std::unique_ptr<ProgramPool>> programs;  // by number of images: 1, 2, 4 … the best
  mutable torch::jit::GraphExecutor rest;
};

FusedNetwork::FusedNetwork(const torch::jit::Module& module, FusedArithmetic arithmetic,
                           const std::array<std::int64_t, 3>& input, int max_batch)
    : state_(std::make_unique<State>(read_trunk(module), arithmetic, input)) {
  state_->build(1);
  double best = state_->seconds_an_image(1);
  for (int images = 2; images <= max_batch; images *= 2) {
    state_->build(images);
    const double seconds = state_->seconds_an_image(images);
    if (seconds * kWorthGreaterPart > best) {
      state_->programs.erase(images);
      break;
    }
    best = seconds;
  }
}

FusedNetwork::~FusedNetwork() = default;

torch::Tensor FusedNetwork::run(const torch::Tensor& input) const {
  const torch::Tensor images = input.contiguous();
  if (images.dim() != 4 || images.scalar_type() != torch::kFloat ||
      !std::equal(state_->input.begin(), state_->input.end(), images.sizes().begin() + 1)) {
    throw Error(ErrorCode::Internal, "the input of a fused network has another shape or type than it was made for");
  }
  std::vector<torch::Tensor> results = state_->new_results(images.size(0));
  for (std::int64_t done = 0; done < images.size(0);) {
    // The greatest part that still fits.
    const auto part = std::prev(state_->programs.upper_bound(static_cast<int>(images.size(0) - done)));
    State::run_part(*part->second, images, done, results);
    done += part->first;
  }
  torch::jit::Stack stack = {images};
  for (std::size_t i = 0; i < results.size(); ++i) {
    stack.emplace_back(state_->trunk.outputs[i].flat ? results[i].flatten(1) : results[i]);
  }
  state_->rest.run(stack);
  return stack.back().toTensor();
}

}  // namespace animalctl
