// Files that Python wrote; the expected values repeat the patterns of scripts/make_golden_checkpoints.py.
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "animalctl/checkpoint/field.h"
#include "animalctl/checkpoint/torch_file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::checkpoint {
namespace {

Value read_golden(const std::string& name) {
  return read_torch_file(test::golden_path("checkpoint/" + name));
}

std::vector<float> floats(const Field& field) {
  const auto elements = field.tensor().as<float>();
  return {elements.begin(), elements.end()};
}

float pattern(int index) {
  return static_cast<float>(index) / 4 - 1;
}

std::vector<float> pattern_of(const std::vector<int>& indices) {
  std::vector<float> numbers;
  for (const int index : indices) numbers.push_back(pattern(index));
  return numbers;
}

using Shape = std::vector<std::int64_t>;

TEST_CASE("A state dict of Python is read with its order and its modules' versions") {
  for (const char* name : {"state_dict.pth", "protocol_5.pth", "deflated.pth", "newer_members.pth"}) {
    INFO(name);
    const Value value = read_golden(name);
    const Field root(value, name);
    const Dict& dict = root.dict();
    CHECK(dict.ordered);
    std::vector<std::string> keys;
    for (const DictEntry& entry : dict.entries) keys.push_back(*entry.key.get_if<std::string>());
    CHECK(keys == std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                                           "1.running_var", "1.num_batches_tracked"});
    CHECK(root.at("0.weight").tensor().shape == Shape{2, 3});
    CHECK(floats(root.at("0.weight")) == pattern_of({0, 1, 2, 3, 4, 5}));
    CHECK(root.at("1.num_batches_tracked").tensor().shape.empty());
    CHECK(root.at("1.num_batches_tracked").number() == -1);
    REQUIRE(dict.attributes.size() == 1);
    CHECK(dict.attributes[0].key == Value("_metadata"));
    CHECK(Field(dict.attributes[0].value, name).at("1").at("version").integer() == 2);
  }
}

TEST_CASE("The seed's checkpoint is read with the state of Adam") {
  const Value value = read_golden("seed_adam.pth");
  const Field root(value, "seed_adam.pth");
  CHECK(root.at("epoch").integer() == 1);
  CHECK(root.at("loss").number() == 0.25);
  const Field model = root.at("model_state_dict");
  CHECK(model.at("fc1.weight").tensor().shape == Shape{1, 256});
  CHECK(model.at("fc1.bias").tensor().shape == Shape{1});
  const Field optimizer = root.at("optimizer_state_dict");
  REQUIRE(optimizer.at("state").size() == 2);
  CHECK(optimizer.at("state").at(0).at("step").number() == 2);
  CHECK(optimizer.at("state").at(0).at("exp_avg").tensor().shape == Shape{1, 256});
  CHECK(optimizer.at("state").at(1).at("exp_avg_sq").tensor().shape == Shape{1});
  const Field group = optimizer.at("param_groups").at(0);
  CHECK(group.at("lr").number() == 0.0003);
  CHECK(group.at("betas").at(1).number() == 0.999);
  CHECK(group.at("params").size() == 2);
  CHECK_FALSE(group.at("amsgrad").boolean());
}

TEST_CASE("The states of AdamW and of SGD with momentum are read") {
  const Value adamw = read_golden("adamw.pth");
  const Field group = Field(adamw, "adamw.pth").at("optimizer_state_dict").at("param_groups").at(0);
  CHECK(group.at("weight_decay").number() == 0.01);
  const Value sgd = read_golden("sgd_momentum.pth");
  const Field optimizer = Field(sgd, "sgd_momentum.pth").at("optimizer_state_dict");
  CHECK(optimizer.at("state").at(0).at("momentum_buffer").tensor().shape == Shape{1, 256});
  CHECK(optimizer.at("param_groups").at(0).at("nesterov").boolean());
}

TEST_CASE("Tied weights become equal copies") {
  const Value value = read_golden("tied.pth");
  const Field root(value, "tied.pth");
  CHECK(floats(root.at("encoder")) == pattern_of({0, 1, 2, 3, 4, 5}));
  CHECK(root.at("encoder").tensor() == root.at("decoder").tensor());
  CHECK(floats(root.at("row")) == pattern_of({3, 4, 5}));
}

TEST_CASE("Views that are not contiguous become row-major copies") {
  const Value value = read_golden("views.pth");
  const Field root(value, "views.pth");
  CHECK(root.at("transposed").tensor().shape == Shape{6, 4});
  CHECK(floats(root.at("transposed")) ==
        pattern_of({0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23}));
  CHECK(root.at("columns").tensor().shape == Shape{4, 2});
  CHECK(floats(root.at("columns")) == pattern_of({1, 3, 7, 9, 13, 15, 19, 21}));
  CHECK(floats(root.at("tail")) == pattern_of({12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}));
  CHECK(floats(root.at("expanded")) == pattern_of({0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}));
  CHECK(root.at("permuted").tensor().shape == Shape{4, 2, 3});
  CHECK(floats(root.at("permuted")) ==
        pattern_of({0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}));
  CHECK(floats(root.at("channels_last")) == pattern_of({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST_CASE("A parameter is read as its tensor") {
  const Value value = read_golden("parameter.pth");
  const Field root(value, "parameter.pth");
  CHECK(floats(root.at("weight")) == pattern_of({0, 1, 2, 3}));
  CHECK(floats(root.at("fixed")) == pattern_of({0, 1}));
}

template <typename T>
void check_bits(const Field& root, const char* name, ScalarType type, T one) {
  INFO(name);
  const Field field = root.at(name);
  const Tensor& tensor = field.tensor();
  CHECK(tensor.type == type);
  CHECK(to_string(type) == name);
  const auto elements = tensor.as<T>();
  CHECK(std::vector<T>(elements.begin(), elements.end()) == std::vector<T>{T{}, one, one, T{}, one});
}

TEST_CASE("Tensors of every scalar type are read") {
  const Value value = read_golden("dtypes.pth");
  const Field root(value, "dtypes.pth");
  CHECK(root.size() == 10);
  check_bits<float>(root, "float32", ScalarType::Float32, 1);
  check_bits<double>(root, "float64", ScalarType::Float64, 1);
  check_bits<std::uint16_t>(root, "float16", ScalarType::Float16, 0x3C00);
  check_bits<std::uint16_t>(root, "bfloat16", ScalarType::BFloat16, 0x3F80);
  check_bits<std::int64_t>(root, "int64", ScalarType::Int64, 1);
  check_bits<std::int32_t>(root, "int32", ScalarType::Int32, 1);
  check_bits<std::int16_t>(root, "int16", ScalarType::Int16, 1);
  check_bits<std::int8_t>(root, "int8", ScalarType::Int8, 1);
  check_bits<std::uint8_t>(root, "uint8", ScalarType::UInt8, 1);
  check_bits<std::uint8_t>(root, "bool", ScalarType::Bool, 1);
}

TEST_CASE("A bare tensor and tensors of no dimensions and no elements are read") {
  const Value bare = read_golden("bare_tensor.pth");
  CHECK(floats(Field(bare, "bare_tensor.pth")) == pattern_of({0, 1, 2, 3}));
  const Value value = read_golden("small_shapes.pth");
  const Field root(value, "small_shapes.pth");
  CHECK(floats(root.at("scalar")) == std::vector<float>{2.5F});
  CHECK(root.at("empty").tensor().shape == Shape{0});
  CHECK(root.at("no_rows").tensor().shape == Shape{0, 7});
  CHECK(root.at("no_columns").tensor().shape == Shape{3, 0, 2});
  CHECK(root.at("no_columns").tensor().data.empty());
}

TEST_CASE("Numbers, text and nested containers of Python are read") {
  const Value value = read_golden("nested.pth");
  const Field root(value, "nested.pth");
  CHECK(root.at("none").is_none());
  CHECK(root.at("flags").at(0).boolean());
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> numbers{0,          255,        256,         65535,     65536,    -1,
                                          2147483647, 2147483648, -2147483648, 1LL << 40, kLargest, -kLargest - 1};
  REQUIRE(root.at("numbers").size() == numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK(root.at("numbers").at(static_cast<std::int64_t>(i)).integer() == numbers[i]);
  }
  CHECK(root.at("floats").at(1).number() == -1e300);
  CHECK(std::isinf(root.at("floats").at(2).number()));
  CHECK(root.at("text").at(0).text().empty());
  CHECK(root.at("text").at(2).text() == "\xD0\xBA\xD0\xBE\xD1\x88\xD0\xBA\xD0\xB0 \xF0\x9F\x90\x88");
  for (std::int64_t i = 0; i < 5; ++i) CHECK(root.at("tuples").at(i).size() == static_cast<std::size_t>(i));
  CHECK(root.at("size").value() == Value(Tuple{{2, 3}}));
  CHECK(root.at("device").text() == "cuda:1");
  CHECK(root.at("type").text() == "torch.float16");
  CHECK(root.at(7).at("deep").at(0).at(0).at(0).at("deeper").size() == 0);
  CHECK(root.at("long_text").text() == std::string(300, 'x'));
  CHECK(root.at("long_list").at(1499).integer() == 1499);
  CHECK(root.dict().entries[10].key.is_none());
}

TEST_CASE("Published weights of torchvision are read") {
  if (!test::shared_data_present("weights/mobilenet_v2.pth")) return;
  const Value mobilenet = read_torch_file(test::shared_path("weights/mobilenet_v2.pth"));
  const Field root(mobilenet, "mobilenet_v2.pth");
  CHECK(root.size() == 314);
  CHECK(root.at("classifier.1.weight").tensor().shape == Shape{1000, 1280});
  const Value squeezenet = read_torch_file(test::shared_path("weights/squeezenet1_1.pth"));
  CHECK(Field(squeezenet, "squeezenet1_1.pth").size() == 52);
}

}  // namespace
}  // namespace animalctl::checkpoint
