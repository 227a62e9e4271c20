#include "fused/fused_network.h"

#include <functional>
#include <thread>

#include "animalctl/base/error.h"
#include "model/network.h"
#include "model/trace.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

namespace nn = torch::nn;
using Function = std::function<torch::Tensor(const torch::Tensor&)>;

constexpr std::int64_t kSide = 17;  // odd, so that windows end before the edge

torch::Tensor pictures(std::int64_t count, std::int64_t side = kSide) {
  torch::manual_seed(3);
  return torch::randn({count, 3, side, side});
}

// Two convolutions to make networks of, with numbers as trained ones have them.
struct PartsImpl : nn::Module {
  PartsImpl() {
    torch::manual_seed(5);
    first = register_module("first", nn::Conv2d(nn::Conv2dOptions(3, 8, 3).padding(1)));
    second = register_module("second", nn::Conv2d(nn::Conv2dOptions(8, 8, 3).padding(1)));
    alone = register_module("alone", nn::Conv2d(nn::Conv2dOptions(8, 8, 3).padding(1).groups(8)));
    half =
        register_module("half", nn::Conv2d(nn::Conv2dOptions(8, 16, 3).stride(2).padding(2).dilation(2).bias(false)));
    norm = register_module("norm", nn::BatchNorm2d(8));
    norm->weight.data().uniform_(-1, 2);
    norm->bias.data().normal_();
    norm->running_mean.normal_();
    norm->running_var.uniform_(0.5, 2);
    end = register_module("end", nn::Linear(8, 3));
    eval();
  }
  nn::Conv2d first = nullptr, second = nullptr, alone = nullptr, half = nullptr;
  nn::BatchNorm2d norm = nullptr;
  nn::Linear end = nullptr;
};
TORCH_MODULE(Parts);

struct NetworkRow {
  std::string name;
  std::function<torch::Tensor(PartsImpl&, const torch::Tensor&)> forward;
};

std::vector<NetworkRow> networks() {
  return {
      {"a convolution", [](PartsImpl& p, const torch::Tensor& x) { return p.first->forward(x); }},
      {"an activation", [](PartsImpl& p, const torch::Tensor& x) { return p.first->forward(x).relu(); }},
      {"ReLU6",
       [](PartsImpl& p, const torch::Tensor& x) {
         return torch::relu6(p.first->forward(x) * 1).mean({2, 3});
       }},
      {"hardtanh",
       [](PartsImpl& p, const torch::Tensor& x) { return torch::hardtanh(p.first->forward(x), -0.1, 0.4); }},
      {"SiLU", [](PartsImpl& p, const torch::Tensor& x) { return torch::silu(p.first->forward(x)); }},
      {"hardswish", [](PartsImpl& p, const torch::Tensor& x) { return torch::hardswish(p.first->forward(x)); }},
      {"leaky ReLU", [](PartsImpl& p, const torch::Tensor& x) { return torch::leaky_relu(p.first->forward(x), 0.2); }},
      {"sigmoid", [](PartsImpl& p, const torch::Tensor& x) { return torch::sigmoid(p.first->forward(x)); }},
      {"an activation of the input",
       [](PartsImpl& p, const torch::Tensor& x) { return p.first->forward(torch::relu(x)); }},
      {"stride and dilation, no bias",
       [](PartsImpl& p, const torch::Tensor& x) { return p.half->forward(p.first->forward(x).relu()); }},
      {"groups", [](PartsImpl& p, const torch::Tensor& x) { return p.alone->forward(p.first->forward(x)).relu(); }},
      {"max pooling",
       [](PartsImpl& p, const torch::Tensor& x) { return torch::max_pool2d(p.first->forward(x), 3, 2, 1); }},
      {"max pooling over the edge",
       [](PartsImpl& p, const torch::Tensor& x) { return torch::max_pool2d(p.first->forward(x), 2, 2, 0, 1, true); }},
      {"normalisation that stands alone",
       [](PartsImpl& p, const torch::Tensor& x) {
         return p.norm->forward(torch::max_pool2d(p.first->forward(x), 2)).relu();
       }},
      {"a residual",
       [](PartsImpl& p, const torch::Tensor& x) {
         const torch::Tensor a = p.first->forward(x).relu();
         return (p.second->forward(p.alone->forward(a).relu()) + a).relu();
       }},
      {"a sum of what the convolution reads",
       [](PartsImpl& p, const torch::Tensor& x) {
         const torch::Tensor a = p.first->forward(x);
         return a + p.second->forward(a).relu();
       }},
      {"a sum of two convolutions",
       [](PartsImpl& p, const torch::Tensor& x) {
         const torch::Tensor a = p.first->forward(x).relu();
         return (p.second->forward(a) + p.alone->forward(a)).relu();
       }},
      {"concatenation",
       [](PartsImpl& p, const torch::Tensor& x) {
         const torch::Tensor a = p.first->forward(x);
         return torch::cat({a, p.second->forward(a).relu(), p.alone->forward(a)}, 1);
       }},
      {"the mirrored input",
       [](PartsImpl& p, const torch::Tensor& x) {
         return p.first->forward(x).mean({2, 3}) + p.first->forward(x.flip({3})).mean({2, 3});
       }},
      {"a head",
       [](PartsImpl& p, const torch::Tensor& x) {
         return torch::softmax(p.end->forward(p.second->forward(p.first->forward(x).relu()).mean({-1, -2})), 1);
       }},
      {"pooling to one pixel",
       [](PartsImpl& p, const torch::Tensor& x) {
         return p.end->forward(torch::adaptive_avg_pool2d(p.first->forward(x), {1, 1}).flatten(1));
       }},
      {"what no layer does, between",
       [](PartsImpl& p, const torch::Tensor& x) {
         const torch::Tensor a = p.first->forward(x);
         return p.second->forward(torch::sin(a)) * a + x.mean();
       }},
  };
}

torch::jit::Module record(const nn::Module& module, const Function& function, const torch::Tensor& example) {
  torch::jit::Module script = trace(module, example, function);
  script.eval();
  return script;
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace

TEST_CASE("a fused network answers as the network does, whatever it is made of") {
  const c10::InferenceMode inference;
  Parts parts;
  for (const NetworkRow& row : networks()) {
    INFO(row.name);
    const Function function = [&](const torch::Tensor& input) { return row.forward(*parts, input); };
    const torch::jit::Module script = record(*parts, function, pictures(2));
    const FusedNetwork exact(script, FusedArithmetic::Float32, {3, kSide, kSide}, 4);
    for (const std::int64_t images : {1, 2, 7}) {
      CHECK(difference(exact.run(pictures(images)), function(pictures(images))) < 1e-4);
    }
  }
}

TEST_CASE("bfloat16 and Winograd's algorithm are near it, where the processor has them") {
  const c10::InferenceMode inference;
  Parts parts;
  const Function function = [&](const torch::Tensor& input) {
    const torch::Tensor a = parts->first->forward(input).relu();
    return (parts->second->forward(a) + parts->alone->forward(a)).relu().mean({2, 3});
  };
  const torch::jit::Module script = record(*parts, function, pictures(2));
  for (const FusedArithmetic arithmetic : {FusedArithmetic::Bfloat16, FusedArithmetic::Winograd}) {
    try {
      const FusedNetwork network(script, arithmetic, {3, kSide, kSide}, 2);
      CHECK(difference(network.run(pictures(3)), function(pictures(3))) < 0.03);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::Unimplemented);
    }
  }
}

TEST_CASE("every architecture with convolutions can be fused") {
  const c10::InferenceMode inference;
  for (const std::string name : {"smallcnn", "mobilenet_v2", "resnet18", "squeezenet1_1"}) {
    INFO(name);
    const ArchitectureRow row = find_architecture(name);
    Preprocessing preprocessing = row.default_preprocessing();
    preprocessing.width = preprocessing.height = 64;
    const auto network = row.make({preprocessing, 3});
    network->initialise(1);
    network->eval();
    const Function function = [&](const torch::Tensor& input) { return network->logits(input); };
    const FusedNetwork fused(record(*network, function, pictures(2, 64)), FusedArithmetic::Float32, {3, 64, 64}, 1);
    CHECK(difference(fused.run(pictures(2, 64)), function(pictures(2, 64))) < 1e-3);
  }
}

TEST_CASE("threads run one fused network at the same time") {
  const c10::InferenceMode inference;
  Parts parts;
  const Function function = [&](const torch::Tensor& input) {
    return parts->second->forward(parts->first->forward(input));
  };
  const FusedNetwork network(record(*parts, function, pictures(2)), FusedArithmetic::Float32, {3, kSide, kSide}, 2);
  std::vector<double> differences(4, 1);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < differences.size(); ++t) {
      threads.emplace_back([&, t] {
        const c10::InferenceMode here;
        const torch::Tensor input = torch::full({3, 3, kSide, kSide}, 0.1 * static_cast<double>(t + 1));
        const torch::Tensor expected = function(input);
        double worst = 0;
        for (int i = 0; i < 20; ++i)
          worst = std::max(worst, (network.run(input) - expected).abs().max().item<double>());
        differences[t] = worst;
      });
    }
  }
  for (const double value : differences) CHECK(value < 1e-4);
}

TEST_CASE("what cannot be fused is said") {
  const c10::InferenceMode inference;
  Parts parts;
  const auto fuse = [&](const Function& function) {
    return FusedNetwork(record(*parts, function, pictures(2)), FusedArithmetic::Float32, {3, kSide, kSide}, 1);
  };
  require_error(ErrorCode::Unimplemented, "begins with no convolution",
                [&] { fuse([&](const torch::Tensor& input) { return parts->first->forward(torch::sin(input)); }); });
  const FusedNetwork network = fuse([&](const torch::Tensor& input) { return parts->first->forward(input); });
  require_error(ErrorCode::Internal, "another shape", [&] { network.run(torch::zeros({1, 3, 8, 8})); });
}

}  // namespace animalctl::test
