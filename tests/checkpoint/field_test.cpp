#include "animalctl/checkpoint/field.h"

#include <array>

#include "support/catch_compat.h"

namespace animalctl::checkpoint {
namespace {

using test::require_error;

Value make_example() {
  Dict group;
  group.set("lr", "fast");
  group.set("eps", 1e-8);
  group.set("amsgrad", false);
  group.set("params", List{{0, 1}});
  Dict state;
  state.set(0, make_tensor<float>({}, std::array{2.0F}));
  Dict optimizer;
  optimizer.set("state", state);
  optimizer.set("param_groups", List{{group}});
  Dict root;
  root.set("epoch", 3);
  root.set("nothing", Value());
  root.set("optimizer_state_dict", optimizer);
  return root;
}

TEST_CASE("A field finds values by the way to them") {
  const Value value = make_example();
  const Field root(value, "a.pth");
  const Field optimizer = root.at("optimizer_state_dict");
  const Field group = optimizer.at("param_groups").at(0);
  CHECK(root.at("epoch").integer() == 3);
  CHECK(root.at("epoch").number() == 3.0);
  CHECK(root.at("nothing").is_none());
  CHECK(group.at("eps").number() == 1e-8);
  CHECK_FALSE(group.at("amsgrad").boolean());
  CHECK(group.at("lr").text() == "fast");
  CHECK(group.at("params").size() == 2);
  CHECK(group.at("params").at(1).integer() == 1);
  CHECK(optimizer.at("state").at(0).number() == 2.0);
  CHECK(optimizer.at("state").at(0).tensor().shape.empty());
  CHECK(optimizer.at("state").has(0));
  CHECK_FALSE(optimizer.at("state").has(1));
  CHECK(root.has("epoch"));
  CHECK_FALSE(root.at("epoch").has("x"));
  CHECK(root.dict().size() == 3);
  CHECK(root.path() == "the top level");
  CHECK(group.at("lr").path() == "optimizer_state_dict.param_groups[0].lr");
}

TEST_CASE("A field that is not what is needed says where it is and what was found") {
  const Value value = make_example();
  const Field root(value, "a.pth");
  const Field optimizer = root.at("optimizer_state_dict");
  const Field group = optimizer.at("param_groups").at(0);
  require_error(ErrorCode::DataLoss,
                "a.pth: optimizer_state_dict.param_groups[0].lr: a number is needed, found a string",
                [&] { group.at("lr").number(); });
  require_error(ErrorCode::DataLoss, "a whole number is needed, found a bool", [&] { group.at("amsgrad").integer(); });
  require_error(ErrorCode::DataLoss, "a bool is needed, found a whole number", [&] { root.at("epoch").boolean(); });
  require_error(ErrorCode::DataLoss, "a string is needed, found None", [&] { root.at("nothing").text(); });
  require_error(ErrorCode::DataLoss, "a tensor is needed", [&] { root.at("nothing").tensor(); });
  require_error(ErrorCode::DataLoss, "epoch: a dict is needed", [&] { root.at("epoch").at("x"); });
  require_error(ErrorCode::DataLoss, "epoch: a list, tuple or dict is needed", [&] { root.at("epoch").at(0); });
  require_error(ErrorCode::DataLoss, "a list, tuple or dict is needed", [&] { root.at("epoch").size(); });
  require_error(ErrorCode::DataLoss, "the top level: the key 'loss' is missing", [&] { root.at("loss"); });
  require_error(ErrorCode::DataLoss, "state: the key 5 is missing", [&] { optimizer.at("state").at(5); });
  require_error(ErrorCode::DataLoss, "item 2 is needed, there are 2", [&] { group.at("params").at(2); });
  require_error(ErrorCode::DataLoss, "item -1 is needed", [&] { group.at("params").at(-1); });
  require_error(ErrorCode::DataLoss, "a.pth: epoch: must be below 3",
                [&] { root.at("epoch").refuse("must be below 3"); });
}

TEST_CASE("A tensor of several elements or of half precision is no number") {
  const Value pair = make_tensor<float>({2}, std::array{1.0F, 2.0F});
  require_error(ErrorCode::DataLoss, "a number is needed, found a float32 tensor of shape [2]",
                [&] { Field(pair, "a.pth").number(); });
  const std::array<std::byte, 2> bits{};
  const Value half = make_tensor(ScalarType::Float16, {}, bits);
  require_error(ErrorCode::DataLoss, "a number is needed", [&] { Field(half, "a.pth").number(); });
  CHECK(Field(make_tensor<double>({1}, std::array{0.5}), "a.pth").number() == 0.5);
  CHECK(Field(make_tensor<std::int64_t>({}, std::array<std::int64_t, 1>{7}), "a.pth").number() == 7);
  CHECK(Field(make_tensor<std::int32_t>({}, std::array<std::int32_t, 1>{7}), "a.pth").number() == 7);
}

}  // namespace
}  // namespace animalctl::checkpoint
