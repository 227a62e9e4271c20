#include "fused/layers.h"

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

FusedLayer convolution(MapNumber input, MapNumber output) {
  return {{input}, output, ConvolutionLayer{}};
}
FusedLayer relu(MapNumber input, MapNumber output) {
  return {{input}, output, ActivationLayer{}};
}
FusedLayer add(MapNumber first, MapNumber second, MapNumber output) {
  return {{first, second}, output, AddLayer{}};
}

const std::vector<FusedStep>& steps(const FusedLayer& layer) {
  return std::get<ConvolutionLayer>(layer.what).steps;
}

}  // namespace

TEST_CASE("a residual block becomes convolutions alone") {
  // 1 = conv(0); 2 = relu(1); 3 = conv(2); 4 = conv(2)… as ResNet's: relu(conv(x) + x)
  std::vector<FusedLayer> layers = {convolution(0, 1), relu(1, 2),   convolution(2, 3), relu(3, 4),
                                    convolution(4, 5), add(5, 2, 6), relu(6, 7)};
  fuse_layers(layers, {7});
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].output == 2);
  CHECK(layers[1].output == 4);
  CHECK(layers[2].output == 7);
  REQUIRE(steps(layers[2]).size() == 2);
  CHECK(std::get<AddMap>(steps(layers[2])[0]).map == 2);
  CHECK(std::holds_alternative<Activation>(steps(layers[2])[1]));
  CHECK(count_uses(layers, {7}) == std::vector<int>{1, 0, 2, 0, 1, 0, 0, 1});
}

TEST_CASE("of two convolutions that are added the later one takes the sum") {
  std::vector<FusedLayer> layers = {convolution(0, 1), convolution(0, 2), add(1, 2, 3)};
  fuse_layers(layers, {3});
  REQUIRE(layers.size() == 2);
  CHECK(steps(layers[0]).empty());
  CHECK(std::get<AddMap>(steps(layers[1])[0]).map == 1);
}

TEST_CASE("a map that is still needed is not written over") {
  const auto keeps_the_sum = [](std::vector<FusedLayer> layers, const std::vector<MapNumber>& outputs) {
    const std::size_t before = layers.size();
    fuse_layers(layers, outputs);
    return layers.size() == before;
  };
  // The convolution reads it itself, the rest of the network does, or a later layer; and the caller's input.
  CHECK(keeps_the_sum({convolution(0, 1), convolution(1, 2), add(2, 1, 3)}, {3}));
  CHECK(keeps_the_sum({convolution(0, 1), convolution(0, 2), add(1, 2, 3)}, {1, 3}));
  CHECK(keeps_the_sum({convolution(0, 1), convolution(0, 2), add(2, 1, 3), add(1, 3, 4)}, {4}));
  CHECK(keeps_the_sum({convolution(0, 1), add(1, 0, 2)}, {2}));
  CHECK(keeps_the_sum({convolution(0, 1), add(1, 1, 2)}, {2}));
}

TEST_CASE("an activation stays where its input is read twice") {
  std::vector<FusedLayer> layers = {convolution(0, 1), relu(1, 2), add(1, 2, 3)};
  fuse_layers(layers, {3});
  CHECK(layers.size() == 3);
}

}  // namespace animalctl::test
