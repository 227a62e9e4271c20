#include "fused/layers.h"

#include <algorithm>
#include <optional>

namespace animalctl {
namespace {

class Fuser {
 public:
  Fuser(std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs)
      : layers_(layers), outputs_(outputs), uses_(count_uses(layers, outputs)) {}

  void run() {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!std::holds_alternative<ConvolutionLayer>(layers_[i].what)) continue;
      while (absorb_reader(i)) {
      }
    }
  }

 private:
  // Takes the only reader of a convolution's result into it, if that is possible.
  bool absorb_reader(std::size_t at) {
    const MapNumber result = layers_[at].output;
    if (uses_[static_cast<std::size_t>(result)] != 1) return false;
    const auto reader = std::find_if(layers_.begin() + static_cast<std::ptrdiff_t>(at) + 1, layers_.end(),
                                     [&](const FusedLayer& layer) { return reads(layer, result); });
    if (reader == layers_.end()) return false;
    const std::optional<FusedStep> step = step_of(*reader, at, static_cast<std::size_t>(reader - layers_.begin()));
    if (!step) return false;
    std::get<ConvolutionLayer>(layers_[at].what).steps.push_back(*step);
    layers_[at].output = reader->output;
    layers_.erase(reader);
    return true;
  }

  std::optional<FusedStep> step_of(const FusedLayer& reader, std::size_t convolution, std::size_t at) const {
    if (const auto* const layer = std::get_if<ActivationLayer>(&reader.what)) return layer->activation;
    if (!std::holds_alternative<AddLayer>(reader.what)) return std::nullopt;
    const MapNumber result = layers_[convolution].output;
    const MapNumber other = reader.inputs[0] == result ? reader.inputs[1] : reader.inputs[0];
    if (other == result || !can_be_overwritten(other, convolution, at)) return std::nullopt;
    return AddMap{other};
  }

  // Whether the convolution may write over a map that the sum at `sum` reads.
  bool can_be_overwritten(MapNumber map, std::size_t convolution, std::size_t sum) const {
    if (map == kInputMap || reads(layers_[convolution], map)) return false;
    if (std::find(outputs_.begin(), outputs_.end(), map) != outputs_.end()) return false;
    const auto& steps = std::get<ConvolutionLayer>(layers_[convolution].what).steps;
    if (std::any_of(steps.begin(), steps.end(), [](const FusedStep& s) { return std::holds_alternative<AddMap>(s); })) {
      return false;
    }
    bool is_there = false;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (i < convolution && layers_[i].output == map) is_there = true;
      if (i > convolution && i != sum && reads(layers_[i], map)) return false;
    }
    return is_there;
  }

  static bool reads(const FusedLayer& layer, MapNumber map) {
    if (std::find(layer.inputs.begin(), layer.inputs.end(), map) != layer.inputs.end()) return true;
    const auto* const convolution = std::get_if<ConvolutionLayer>(&layer.what);
    if (convolution == nullptr) return false;
    return std::any_of(convolution->steps.begin(), convolution->steps.end(), [&](const FusedStep& step) {
      const auto* const added = std::get_if<AddMap>(&step);
      return added != nullptr && added->map == map;
    });
  }

  std::vector<FusedLayer>& layers_;
  const std::vector<MapNumber>& outputs_;
  const std::vector<int> uses_;
};

}  // namespace

std::vector<int> count_uses(const std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs) {
  std::vector<int> uses(1);
  const auto place = [&](MapNumber map) -> int& {
    const auto index = static_cast<std::size_t>(map);
    if (index >= uses.size()) uses.resize(index + 1);
    return uses[index];
  };
  for (const FusedLayer& layer : layers) {
    place(layer.output);
    for (const MapNumber input : layer.inputs) ++place(input);
    if (const auto* const convolution = std::get_if<ConvolutionLayer>(&layer.what)) {
      for (const FusedStep& step : convolution->steps) {
        if (const auto* const added = std::get_if<AddMap>(&step)) ++place(added->map);
      }
    }
  }
  for (const MapNumber output : outputs) ++place(output);
  return uses;
}

void fuse_layers(std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs) {
  Fuser(layers, outputs).run();
}

}  // namespace animalctl
