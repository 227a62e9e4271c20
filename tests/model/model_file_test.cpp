#include "model/model_file.h"

#include "animalctl/base/file.h"
#include "animalctl/checkpoint/torch_file.h"
#include "model/load_predictor.h"
#include "model/tensor_conversion.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

using checkpoint::Dict;
using checkpoint::Value;

ModelFile sample_file() {
  const ArchitectureRow row = find_architecture("animalnet");
  const auto network = row.make({row.default_preprocessing(), 2});
  network->initialise(1);
  ModelFile file;
  file.state = make_state_dict(*network);
  file.epoch = 3;
  file.loss = 0.25;
  return file;
}

void require_refused(const Value& value, ErrorCode code, std::string_view part) {
  const TemporaryFolder folder;
  checkpoint::write_torch_file(folder / "m.pth", value);
  require_error(code, part, [&] {
    const ModelFile file = read_model_file(folder / "m.pth");
    (void)make_network(file, folder / "m.pth");
  });
}

Value float_tensor(std::vector<std::int64_t> shape, std::size_t count) {
  const std::vector<float> zeros(count, 0.0F);
  return checkpoint::make_tensor<float>(std::move(shape), zeros);
}

Dict our_dict(const std::function<void(Dict&)>& change) {
  const TemporaryFolder folder;
  write_model_file(folder / "m.pth", sample_file());
  Value value = checkpoint::read_torch_file(folder / "m.pth");
  Dict root = *value.get_if<Dict>();
  for (checkpoint::DictEntry& entry : root.entries) {
    if (*entry.key.get_if<std::string>() == "animalctl") change(*entry.value.get_if<Dict>());
  }
  return root;
}

PredictorOptions on_cpu(const std::filesystem::path& model) {
  PredictorOptions options;
  options.model = model;
  options.device = Device::Cpu;
  return options;
}

}  // namespace

TEST_CASE("a model file is read back as it was written") {
  const TemporaryFolder folder;
  ModelFile file = sample_file();
  file.classes = {"MUFFIN", "CHIHUAHUA"};
  file.preprocessing.mean = {0.25F};
  file.training_state = Value("state");
  write_model_file(folder / "m.pth", file);
  const ModelFile read = read_model_file(folder / "m.pth");
  CHECK(read.state == file.state);
  CHECK(read.classes == file.classes);
  CHECK(read.preprocessing == file.preprocessing);
  CHECK(read.epoch == 3);
  CHECK(read.loss == 0.25);
  CHECK(read.training_state == file.training_state);
}

TEST_CASE("the seed's checkpoint and a bare state dict are recognised by their tensors") {
  const TemporaryFolder folder;
  Dict seed;
  seed.set("epoch", 1);
  seed.set("model_state_dict", sample_file().state);
  seed.set("optimizer_state_dict", Dict{});
  seed.set("loss", 0.5);
  for (const Value& value : {Value(seed), Value(sample_file().state)}) {
    checkpoint::write_torch_file(folder / "m.pth", value);
    const ModelFile file = read_model_file(folder / "m.pth");
    CHECK(file.architecture == "animalnet");
    CHECK(file.classes == std::vector<std::string>{"CAT", "DOG"});
    CHECK(file.preprocessing.width == 16);
    const auto predictor = load_predictor(on_cpu(folder / "m.pth"));
    const ImageU8 image{8, 8, 3, std::vector<std::uint8_t>(8 * 8 * 3, 100)};
    const float score = predictor->predict({&image, 1}).front();
    CHECK(score > 0);
    CHECK(score < 1);
    CHECK(predictor->predict({}).empty());
  }
}

TEST_CASE("a file with the tensors of no known architecture names some of them") {
  Dict other;
  other.set("conv1.weight", float_tensor({2, 2}, 4));
  require_refused(other, ErrorCode::DataLoss, "conv1.weight");
  Dict odd_size;
  odd_size.set("fc1.weight", float_tensor({1, 7}, 7));
  odd_size.set("fc1.bias", float_tensor({1}, 1));
  require_refused(odd_size, ErrorCode::DataLoss, "belong to no architecture");
}

TEST_CASE("missing, unknown and mismatched tensors are all named") {
  Dict root = our_dict([](Dict&) {});
  Dict state;
  state.ordered = true;
  state.set("fc1.weight", float_tensor({1, 255}, 255));
  state.set("fc9.bias", float_tensor({1}, 1));
  root.set("model_state_dict", state);
  for (const char* part :
       {"missing (1): fc1.bias", "unknown (1): fc9.bias", "fc1.weight is float32 [1, 255], float32 [1, 256]"}) {
    require_refused(root, ErrorCode::DataLoss, part);
  }
  state.set("fc1.bias", "text");
  root.set("model_state_dict", state);
  require_refused(root, ErrorCode::DataLoss, "a string where a named tensor is needed");
}

TEST_CASE("a description that is damaged or newer is refused with the place") {
  const auto refuse = [](const std::function<void(Dict&)>& change, ErrorCode code, std::string_view part) {
    require_refused(our_dict(change), code, part);
  };
  const auto change_preprocessing = [](const char* key, Value value) {
    return [key, value](Dict& ours) {
      for (checkpoint::DictEntry& entry : ours.entries) {
        if (*entry.key.get_if<std::string>() == "preprocessing") entry.value.get_if<Dict>()->set(key, value);
      }
    };
  };
  refuse([](Dict& ours) { ours.set("format", 99); }, ErrorCode::DataLoss, "version 99 is not known");
  refuse([](Dict& ours) { ours.set("architecture", "vgg"); }, ErrorCode::InvalidArgument, "no architecture \"vgg\"");
  refuse([](Dict& ours) { ours.set("classes", checkpoint::List{{Value("ONE")}}); }, ErrorCode::DataLoss,
         "at least two");
  refuse(change_preprocessing("resize", "bicubic"), ErrorCode::DataLoss, "only \"area\"");
  refuse(change_preprocessing("width", 0), ErrorCode::DataLoss, "preprocessing.width");
  refuse(change_preprocessing("channels", 2), ErrorCode::DataLoss, "1 (grey) or 3 (RGB)");
  refuse(change_preprocessing("mean", checkpoint::List{}), ErrorCode::DataLoss, "1 numbers are needed");
  refuse(change_preprocessing("std", checkpoint::List{{Value(0.0)}}), ErrorCode::DataLoss, "not a usable number");
}

TEST_CASE("tensors of every type survive the way to LibTorch and back") {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                    at::kChar, at::kByte, at::kBool}) {
    const torch::Tensor tensor = torch::arange(6).view({2, 3}).to(type);
    CHECK(torch::equal(from_plain(to_plain(tensor)).to(torch::kDouble), tensor.to(torch::kDouble)));
  }
  require_error(ErrorCode::Unimplemented, "cannot be written",
                [] { (void)to_plain(torch::zeros({1}, torch::kComplexFloat)); });
}

}  // namespace animalctl::test
