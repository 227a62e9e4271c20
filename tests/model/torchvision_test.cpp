#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/digest.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/checkpoint/torch_file.h"
#include "model/pretrained.h"
#include "model/tensor_conversion.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

constexpr std::size_t kPublishedClasses = 1000;

// The formula of scripts/make_golden_architectures.py.
torch::Tensor ramp(std::int64_t count, std::int64_t k) {
  const torch::Tensor i = torch::arange(count, torch::kLong);
  return (i * 7919 + 104729 * (k + 1)).remainder(2003).to(torch::kDouble) / 1001.5 - 1;
}

void fill(torch::nn::Module& network) {
  const torch::NoGradGuard no_grad;
  std::int64_t k = 0;
  for (NamedTensor& item : state_tensors(network)) {
    torch::Tensor& tensor = item.tensor;
    torch::Tensor values = ramp(tensor.numel(), k++);
    if (!tensor.is_floating_point()) continue;
    const bool around_one = item.name.ends_with("running_var") || item.name.ends_with("weight");
    if (tensor.dim() > 1) {
      values = values * std::sqrt(3.0 / (static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0))));
    } else {
      values = around_one ? 1 + 0.1 * values : 0.1 * values;
    }
    tensor.copy_(values.reshape(tensor.sizes()).to(torch::kFloat));
  }
}

std::shared_ptr<BackboneNetwork> make(const std::string& name, std::size_t classes) {
  const ArchitectureRow row = find_architecture(name);
  Preprocessing preprocessing = row.default_preprocessing();
  preprocessing.width = preprocessing.height = 64;
  const auto network = std::dynamic_pointer_cast<BackboneNetwork>(row.make({preprocessing, classes}));
  REQUIRE(network != nullptr);
  network->initialise(1);
  network->eval();
  return network;
}

std::filesystem::path save(const TemporaryFolder& folder, const torch::nn::Module& network) {
  const std::filesystem::path path = folder.path() / "weights.pth";
  checkpoint::write_torch_file(path, make_state_dict(network));
  return path;
}

}  // namespace

TEST_CASE("the backbone architectures have torchvision's tensors and give its answers") {
  const c10::InferenceMode inference;
  const auto golden = parse_json(read_text_file(golden_path("model/torchvision.json")), "torchvision.json");
  const torch::Tensor image = ramp(2L * 3 * 64 * 64, -1).reshape({2, 3, 64, 64}).to(torch::kFloat);
  for (const nlohmann::json& entry : golden.at("networks")) {
    const auto name = entry.at("name").get<std::string>();
    INFO(name);
    const auto network = make(name, kPublishedClasses);
    fill(*network);
    const auto tensors = state_tensors(*network);
    REQUIRE(tensors.size() == entry.at("count").get<std::size_t>());
    std::string names;
    for (const NamedTensor& tensor : tensors) names += (names.empty() ? "" : "\n") + tensor.name;
    CHECK(sha256(names).hex() == entry.at("names_sha256").get<std::string>());
    const torch::Tensor answer = network->logits(image);
    for (std::int64_t row = 0; row < 2; ++row) {
      const auto& expected = entry.at("logits").at(static_cast<std::size_t>(row));
      for (std::int64_t i = 0; i < 8; ++i) {
        const double value = expected.at(static_cast<std::size_t>(i)).get<double>();
        CHECK(std::abs(answer[row][i].item<float>() - value) < 1e-4 * std::max(1.0, std::abs(value)));
      }
      const double sum = entry.at("sums").at(static_cast<std::size_t>(row)).get<double>();
      CHECK(std::abs(answer[row].to(torch::kDouble).sum().item<double>() - sum) < 1e-3 * std::max(1.0, std::abs(sum)));
    }
  }
}

TEST_CASE("every backbone tensor belongs to exactly one stage, and features with the head are the answer") {
  for (const ArchitectureRow& row : architecture_table()) {
    if (!row.pretrained) continue;
    INFO(row.name);
    const auto network = make(row.name, 2);
    for (const NamedTensor& item : state_tensors(*network)) {
      int stages = network->is_head(item.name) ? 1 : 0;
      for (const std::string& stage : network->stages()) stages += item.name.starts_with(stage) ? 1 : 0;
      CHECK(stages == 1);
    }
    const c10::InferenceMode inference;
    const torch::Tensor image = torch::rand({2, 3, 64, 64});
    const torch::Tensor features = network->features(image);
    CHECK(features.sizes() == at::IntArrayRef{2, network->feature_size()});
    CHECK(torch::equal(network->head(features), network->logits(image)));
  }
}

TEST_CASE("published weights are taken over but for the head, which starts anew") {
  const TemporaryFolder folder;
  const auto published = make("squeezenet1_1", kPublishedClasses);
  fill(*published);
  const auto network = make("squeezenet1_1", 2);
  const Digest before = network->backbone_digest();
  const std::string sentence = load_pretrained(*network, "squeezenet1_1", save(folder, *published), 0);
  CHECK(sentence.find("1000 outputs → 1") != std::string::npos);
  CHECK(network->backbone_digest() == published->backbone_digest());
  CHECK_FALSE(network->backbone_digest() == before);
}

TEST_CASE("a head of the right shape is taken over too") {
  const TemporaryFolder folder;
  const auto first = make("squeezenet1_1", 2);
  fill(*first);
  const auto second = make("squeezenet1_1", 2);
  const std::string sentence = load_pretrained(*second, "squeezenet1_1", save(folder, *first), 0);
  CHECK(sentence.find("its head too") != std::string::npos);
  CHECK(make_state_dict(*first) == make_state_dict(*second));
}

TEST_CASE("weights of another architecture are refused by name") {
  const TemporaryFolder folder;
  const auto path = save(folder, *make("squeezenet1_1", kPublishedClasses));
  const auto network = make("resnet18", 2);
  require_error(ErrorCode::DataLoss, "is of the architecture squeezenet1_1, not of resnet18",
                [&] { (void)load_pretrained(*network, "resnet18", path, 0); });
}

TEST_CASE("weights with missing, unknown and mis-shaped tensors are refused naming them") {
  const TemporaryFolder folder;
  const auto network = make("squeezenet1_1", 2);
  checkpoint::Dict state = make_state_dict(*network);
  std::erase_if(state.entries, [](const checkpoint::DictEntry& entry) {
    return *entry.key.get_if<std::string>() == "features.0.weight";
  });
  state.set("features.99.weight", to_plain(torch::zeros({2})));
  state.set("features.0.bias", to_plain(torch::zeros({5})));
  const auto path = folder.path() / "odd.pth";
  checkpoint::write_torch_file(path, state);
  for (const char* part : {"missing (1): features.0.weight", "unknown (1): features.99.weight",
                           "features.0.bias is float32 [5], float32 [64] is needed"}) {
    require_error(ErrorCode::DataLoss, part, [&] { (void)load_pretrained(*network, "squeezenet1_1", path, 0); });
  }
}

TEST_CASE("a pretrained backbone keeps its normalisation statistics in training") {
  const auto network = make("resnet18", 2);
  network->freeze_statistics(true);
  network->train();
  const auto before = network->named_buffers()["bn1.running_mean"].clone();
  (void)network->logits(torch::rand({2, 3, 64, 64}));
  CHECK(torch::equal(before, network->named_buffers()["bn1.running_mean"]));
  network->freeze_statistics(false);
  (void)network->logits(torch::rand({2, 3, 64, 64}));
  CHECK_FALSE(torch::equal(before, network->named_buffers()["bn1.running_mean"]));
}

TEST_CASE("images that are too small or grey are refused") {
  const ArchitectureRow row = find_architecture("mobilenet_v2");
  Preprocessing preprocessing = row.default_preprocessing();
  preprocessing.width = 16;
  require_error(ErrorCode::InvalidArgument, "at least 32 x 32 pixels", [&] { (void)row.make({preprocessing, 2}); });
  preprocessing = Preprocessing{};
  require_error(ErrorCode::InvalidArgument, "needs RGB images", [&] { (void)row.make({preprocessing, 2}); });
}

}  // namespace animalctl::test
