#include "fused/program.h"

#include <fmt/core.h>

#include <optional>
#include <string_view>

#include "animalctl/base/error.h"
#include "fused/buffers.h"
#include "fused/onednn_engine.h"

namespace animalctl {
namespace {

using dnnl::memory;
using onednn::Description;
using onednn::Dims;

struct KnownMap {
  Description description;
  std::size_t buffer = 0;  // the network's input has none
  int readers = 0;         // that are still to come
};

Dims pair_of(const std::int64_t (&pair)[2]) {
  return {pair[0], pair[1]};
}

struct Algorithm {
  dnnl::algorithm name;
  float first;
  float second;
};

Algorithm algorithm_of(const Activation& activation) {
  switch (activation.kind) {
    case Activation::Kind::Relu:
      return {dnnl::algorithm::eltwise_relu, 0, 0};
    case Activation::Kind::LeakyRelu:
      return {dnnl::algorithm::eltwise_relu, activation.first, 0};
    case Activation::Kind::Clip:
      return {dnnl::algorithm::eltwise_clip, activation.first, activation.second};
    case Activation::Kind::Silu:
      return {dnnl::algorithm::eltwise_swish, 1, 0};
    case Activation::Kind::HardSwish:
      return {dnnl::algorithm::eltwise_hardswish, 1.0F / 6, 0.5F};
    case Activation::Kind::Sigmoid:
      break;
  }
  return {dnnl::algorithm::eltwise_logistic, 0, 0};
}

// How many places a kernel has along one side.
std::int64_t places(std::int64_t size, const Window& window, int side, bool reaches_over = false) {
  const std::int64_t covered = window.dilation[side] * (window.kernel[side] - 1) + 1;
  const std::int64_t room = size + 2 * window.padding[side] - covered;
  const std::int64_t stride = window.stride[side];
  if (room < 0) throw Error(ErrorCode::Unimplemented, "a kernel is larger than the map that it looks at");
  std::int64_t count = (room + (reaches_over ? stride - 1 : 0)) / stride + 1;
  // PyTorch: the last one begins inside the map or the padding before it.
  if (reaches_over && (count - 1) * stride >= size + window.padding[side]) --count;
  return count;
}

// The library's own scratchpad would be shared by the threads that run a program.
dnnl::primitive_attr callers_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// As oneDNN has them: grouped weights have one dimension more.
Dims weight_dims(const ConvolutionLayer& convolution) {
  const torch::Tensor& weight = convolution.weight;
  const std::int64_t groups = convolution.groups;
  if (groups == 1) return weight.sizes().vec();
  return {groups, weight.size(0) / groups, weight.size(1), weight.size(2), weight.size(3)};
}

bool suits_winograd(const ConvolutionLayer& convolution) {
  const Window& window = convolution.window;
  const auto all = [](const std::int64_t(&pair)[2], std::int64_t value) {
    return pair[0] == value && pair[1] == value;
  };
  return convolution.groups == 1 && all(window.kernel, 3) && all(window.stride, 1) && all(window.dilation, 1);
}

void require_quick(std::string_view implementation) {
  if (implementation.substr(0, 3) == "ref") {
    throw Error(ErrorCode::Unimplemented, "oneDNN has only its reference form of a convolution");
  }
}

std::optional<MapNumber> map_added_by(const ConvolutionLayer& convolution) {
  for (const FusedStep& step : convolution.steps) {
    if (const auto* const added = std::get_if<AddMap>(&step)) return added->map;
  }
  return std::nullopt;
}

class ProgramBuilder {
 public:
  ProgramBuilder(const std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs,
                 FusedArithmetic arithmetic, FusedWeights& weights)
      : layers_(layers),
        outputs_(outputs),
        arithmetic_(arithmetic),
        type_(arithmetic == FusedArithmetic::Bfloat16 ? memory::data_type::bf16 : memory::data_type::f32),
        weights_(weights) {}

  FusedProgram build(const Dims& input) {
    const std::vector<int> uses = count_uses(layers_, outputs_);
    maps_.resize(uses.size());
    for (std::size_t i = 0; i < uses.size(); ++i) maps_[i].readers = uses[i];
    maps_[kInputMap].description = Description(input, memory::data_type::f32, memory::format_tag::nchw);
    for (const FusedLayer& layer : layers_) add(layer);
    for (std::size_t i = 0; i < outputs_.size(); ++i) add_output(i);
    if (arithmetic_ == FusedArithmetic::Winograd && !uses_winograd_) {
      throw Error(ErrorCode::Unimplemented, "oneDNN takes Winograd's algorithm for no convolution");
    }
    program_.buffer_offsets = buffers_.offsets();
    return std::move(program_);
  }

 private:
  void add(const FusedLayer& layer) {
    std::visit([&](const auto& what) { add(layer, what); }, layer.what);
    for (const std::size_t buffer : borrowed_) buffers_.release(buffer);
    borrowed_.clear();
    for (const MapNumber input : layer.inputs) forget_reader(input);
  }

  KnownMap& map(MapNumber number) { return maps_.at(static_cast<std::size_t>(number)); }

  void forget_reader(MapNumber number) {
    if (--map(number).readers == 0 && number != kInputMap) buffers_.release(map(number).buffer);
  }

  FusedOperand operand(int argument, MapNumber number) {
    if (number == kInputMap) return {argument, FusedOperand::Place::Input, 0, map(number).description, {}};
    return in_buffer(argument, map(number).buffer, map(number).description);
  }

  static FusedOperand in_buffer(int argument, std::size_t buffer, const Description& description) {
    return {argument, FusedOperand::Place::Buffer, buffer, description, {}};
  }

  std::size_t borrow(const Description& description) {
    borrowed_.push_back(buffers_.acquire(description.get_size()));
    return borrowed_.back();
  }

  void add_reorder(FusedOperand from, FusedOperand to) {
    const dnnl::reorder::primitive_desc description(onednn_engine(), from.description, onednn_engine(), to.description,
                                                    attributes_);
    from.argument = DNNL_ARG_FROM;
    to.argument = DNNL_ARG_TO;
    add_call(dnnl::reorder(description), description.scratchpad_desc(), {std::move(from), std::move(to)});
  }

  void add_call(dnnl::primitive primitive, const Description& scratchpad, std::vector<FusedOperand> operands) {
    if (scratchpad.get_size() > 0) {
      operands.push_back(in_buffer(DNNL_ARG_SCRATCHPAD, borrow(scratchpad), scratchpad));
    }
    program_.calls.push_back({std::move(primitive), std::move(operands)});
  }

  // A map in another layout or type. It stays so for later readers, except the input, which is the caller's.
  FusedOperand arranged(int argument, MapNumber number, const Description& wanted) {
    KnownMap& known = map(number);
    if (known.description == wanted) return operand(argument, number);
    if (number == kInputMap) {
      const FusedOperand copy = in_buffer(argument, borrow(wanted), wanted);
      add_reorder(operand(argument, number), copy);
      return copy;
    }
    const std::size_t buffer = buffers_.acquire(wanted.get_size());
    add_reorder(operand(argument, number), in_buffer(argument, buffer, wanted));
    borrowed_.push_back(known.buffer);
    known.buffer = buffer;
    known.description = wanted;
    return operand(argument, number);
  }

  FusedOperand new_map(int argument, MapNumber number, const Description& description) {
    map(number).description = description;
    map(number).buffer = buffers_.acquire(description.get_size());
    return operand(argument, number);
  }

  Description any_layout(const Dims& dims) const { return {dims, type_, memory::format_tag::any}; }

  void add(const FusedLayer& layer, const ConvolutionLayer& convolution);
  void add(const FusedLayer& layer, const MaxPoolLayer& pool);
  void add(const FusedLayer& layer, const GlobalMeanLayer&);
  void add(const FusedLayer& layer, const ActivationLayer& activation);
  void add(const FusedLayer& layer, const AddLayer&);
  void add(const FusedLayer& layer, const ConcatenateLayer&);
  void add(const FusedLayer& layer, const MirrorLayer&);
  void add_output(std::size_t index);
  dnnl::primitive_attr attributes_of(const ConvolutionLayer& convolution) const;
  dnnl::convolution_forward::primitive_desc describe(const ConvolutionLayer& convolution, const Dims& source,
                                                     const Description& target);
  FusedOperand constant(int argument, const torch::Tensor& values, const Description& given, const Description& wanted);

  const std::vector<FusedLayer>& layers_;
  const std::vector<MapNumber>& outputs_;
  const FusedArithmetic arithmetic_;
  const memory::data_type type_;
  FusedWeights& weights_;
  const dnnl::primitive_attr attributes_ = callers_scratchpad();
  std::vector<KnownMap> maps_;
  BufferPlan buffers_;
  std::vector<std::size_t> borrowed_;  // until the layer is done
  bool uses_winograd_ = false;
  FusedProgram program_;
};

FusedOperand ProgramBuilder::constant(int argument, const torch::Tensor& values, const Description& given,
                                      const Description& wanted) {
  return {argument, FusedOperand::Place::Constant, 0, wanted, weights_.arranged(values, given, wanted)};
}

dnnl::primitive_attr ProgramBuilder::attributes_of(const ConvolutionLayer& convolution) const {
  dnnl::post_ops steps;
  for (const FusedStep& step : convolution.steps) {
    if (const auto* const activation = std::get_if<Activation>(&step)) {
      const Algorithm algorithm = algorithm_of(*activation);
      onednn::append_elementwise(steps, algorithm.name, algorithm.first, algorithm.second);
    } else {
      steps.append_sum(1.0F);
    }
  }
  dnnl::primitive_attr attributes = callers_scratchpad();  // a copy of attributes_ would be the same object
  attributes.set_post_ops(steps);
  return attributes;
}

// `target`: where the result goes, in which layout is up to the library unless it is written over a map.
dnnl::convolution_forward::primitive_desc ProgramBuilder::describe(const ConvolutionLayer& convolution,
                                                                   const Dims& source, const Description& target) {
  const Window& window = convolution.window;
  const onednn::Places where = {pair_of(window.kernel),
                                pair_of(window.stride),
                                {window.dilation[0] - 1, window.dilation[1] - 1},
                                pair_of(window.padding),
                                pair_of(window.padding)};
  const auto by = [&](dnnl::algorithm algorithm) {
    return onednn::convolution(onednn_engine(), algorithm, any_layout(source), any_layout(weight_dims(convolution)),
                               {{convolution.weight.size(0)}, memory::data_type::f32, memory::format_tag::a}, target,
                               where, attributes_of(convolution));
  };
  if (arithmetic_ == FusedArithmetic::Winograd && suits_winograd(convolution)) {
    try {
      const auto description = by(dnnl::algorithm::convolution_winograd);
      uses_winograd_ = true;
      return description;
    } catch (const dnnl::error&) {
      // Not on this processor, or not with these channels.
    }
  }
  return by(dnnl::algorithm::convolution_direct);
}

void ProgramBuilder::add(const FusedLayer& layer, const ConvolutionLayer& convolution) {
  const Dims source = onednn::dims_of(map(layer.inputs[0]).description);
  const Window& window = convolution.window;
  if (source[1] != convolution.weight.size(1) * convolution.groups) {
    throw Error(ErrorCode::Unimplemented, "a convolution's weights do not fit the map that it reads");
  }
  const Dims dims = {source[0], convolution.weight.size(0), places(source[2], window, 0), places(source[3], window, 1)};
  const std::optional<MapNumber> added = map_added_by(convolution);
  if (added && onednn::dims_of(map(*added).description) != dims) {
    throw Error(ErrorCode::Unimplemented, "a sum of maps of different shapes");
  }
  const auto description = describe(convolution, source, added ? map(*added).description : any_layout(dims));
  require_quick(description.impl_info_str());
  std::vector<FusedOperand> operands = {arranged(DNNL_ARG_SRC, layer.inputs[0], description.src_desc())};
  const Description plain(weight_dims(convolution), memory::data_type::f32,
                          convolution.groups > 1 ? memory::format_tag::goihw : memory::format_tag::oihw);
  operands.push_back(constant(DNNL_ARG_WEIGHTS, convolution.weight, plain, description.weights_desc()));
  operands.push_back(constant(DNNL_ARG_BIAS, convolution.bias, description.bias_desc(), description.bias_desc()));
  if (added) {
    // The result is written over the map that is added, which nobody reads any more.
    map(layer.output).description = description.dst_desc();
    map(layer.output).buffer = map(*added).buffer;
    operands.push_back(operand(DNNL_ARG_DST, layer.output));
  } else {
    operands.push_back(new_map(DNNL_ARG_DST, layer.output, description.dst_desc()));
  }
  add_call(dnnl::convolution_forward(description), description.scratchpad_desc(), std::move(operands));
}

void ProgramBuilder::add(const FusedLayer& layer, const MaxPoolLayer& pool) {
  const Description& source = map(layer.inputs[0]).description;
  const Dims dims = onednn::dims_of(source);
  const Window& window = pool.window;
  Dims result = dims;
  Dims after = pair_of(window.padding);
  for (int side = 0; side < 2; ++side) {
    const std::size_t at = 2 + static_cast<std::size_t>(side);
    result[at] = places(dims[at], window, side, pool.reaches_over);
    const std::int64_t end = (result[at] - 1) * window.stride[side] + window.kernel[side];
    after[static_cast<std::size_t>(side)] = end - dims[at] - window.padding[side];
  }
  const onednn::Places where = {pair_of(window.kernel), pair_of(window.stride), {0, 0}, pair_of(window.padding), after};
  const auto description =
      onednn::pooling(onednn_engine(), dnnl::algorithm::pooling_max, source,
                      {result, onednn::type_of(source), memory::format_tag::any}, where, attributes_);
  std::vector<FusedOperand> operands = {operand(DNNL_ARG_SRC, layer.inputs[0])};
  operands.push_back(new_map(DNNL_ARG_DST, layer.output, description.dst_desc()));
  add_call(dnnl::pooling_forward(description), description.scratchpad_desc(), std::move(operands));
}

// In float32: a mean of bfloat16 numbers would be rounded once more.
void ProgramBuilder::add(const FusedLayer& layer, const GlobalMeanLayer&) {
  const Description given = map(layer.inputs[0]).description;
  const Dims dims = onednn::dims_of(given);
  const bool exact = onednn::type_of(given) == memory::data_type::f32;
  const Description source = exact ? given : Description(dims, memory::data_type::f32, memory::format_tag::nhwc);
  std::vector<FusedOperand> operands = {arranged(DNNL_ARG_SRC, layer.inputs[0], source)};
  const onednn::Places where = {{dims[2], dims[3]}, {1, 1}, {0, 0}, {0, 0}, {0, 0}};
  const auto description =
      onednn::pooling(onednn_engine(), dnnl::algorithm::pooling_avg_exclude_padding, source,
                      {{dims[0], dims[1], 1, 1}, memory::data_type::f32, memory::format_tag::any}, where, attributes_);
  operands.push_back(new_map(DNNL_ARG_DST, layer.output, description.dst_desc()));
  add_call(dnnl::pooling_forward(description), description.scratchpad_desc(), std::move(operands));
}

void ProgramBuilder::add(const FusedLayer& layer, const ActivationLayer& activation) {
  const Description source = map(layer.inputs[0]).description;
  const Algorithm algorithm = algorithm_of(activation.activation);
  const auto description =
      onednn::elementwise(onednn_engine(), algorithm.name, source, algorithm.first, algorithm.second, attributes_);
  std::vector<FusedOperand> operands = {operand(DNNL_ARG_SRC, layer.inputs[0])};
  operands.push_back(new_map(DNNL_ARG_DST, layer.output, source));
  add_call(dnnl::eltwise_forward(description), description.scratchpad_desc(), std::move(operands));
}

void ProgramBuilder::add(const FusedLayer& layer, const AddLayer&) {
  const Description first = map(layer.inputs[0]).description;
  if (onednn::dims_of(first) != onednn::dims_of(map(layer.inputs[1]).description)) {
    throw Error(ErrorCode::Unimplemented, "a sum of maps of different shapes");
  }
  std::vector<FusedOperand> operands = {operand(DNNL_ARG_SRC_0, layer.inputs[0])};
  operands.push_back(arranged(DNNL_ARG_SRC_1, layer.inputs[1], first));
  const auto description = onednn::sum(onednn_engine(), first, first, first, attributes_);
  operands.push_back(new_map(DNNL_ARG_DST, layer.output, first));
  add_call(dnnl::binary(description), description.scratchpad_desc(), std::move(operands));
}

void ProgramBuilder::add(const FusedLayer& layer, const ConcatenateLayer&) {
  std::vector<Description> sources;
  std::vector<FusedOperand> operands;
  for (const MapNumber input : layer.inputs) {
    sources.push_back(map(input).description);
    operands.push_back(operand(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(operands.size()), input));
  }
  const auto description = onednn::concatenation(onednn_engine(), 1, sources, attributes_);
  operands.push_back(new_map(DNNL_ARG_DST, layer.output, description.dst_desc()));
  add_call(dnnl::concat(description), description.scratchpad_desc(), std::move(operands));
}

void ProgramBuilder::add(const FusedLayer& layer, const MirrorLayer&) {
  std::vector<FusedOperand> operands = {operand(DNNL_ARG_FROM, kInputMap)};
  operands.push_back(new_map(DNNL_ARG_TO, layer.output, map(kInputMap).description));
  program_.calls.push_back({dnnl::primitive(), std::move(operands)});
}

void ProgramBuilder::add_output(std::size_t index) {
  const MapNumber number = outputs_[index];
  const Dims dims = onednn::dims_of(map(number).description);
  FusedOperand to;
  to.place = FusedOperand::Place::Output;
  to.index = index;
  to.description = Description(dims, memory::data_type::f32, memory::format_tag::nchw);
  add_reorder(operand(DNNL_ARG_FROM, number), std::move(to));
  program_.output_shapes.push_back(dims);
}

}  // namespace

const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::memory FusedWeights::arranged(const torch::Tensor& values, const Description& given, const Description& wanted) {
  std::vector<dnnl::memory>& known = known_[values.data_ptr()];
  for (const dnnl::memory& memory : known) {
    if (memory.get_desc() == wanted) return memory;
  }
  dnnl::memory result(wanted, onednn_engine());
  dnnl::memory source(given, onednn_engine(), values.data_ptr());
  dnnl::stream stream(onednn_engine());
  dnnl::reorder(source, result).execute(stream, source, result);
  stream.wait();
  known.push_back(result);
  return result;
}

FusedProgram build_program(const std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs,
                           FusedArithmetic arithmetic, const Dims& input, FusedWeights& weights) {
  try {
    return ProgramBuilder(layers, outputs, arithmetic, weights).build(input);
  } catch (const dnnl::error& error) {
    throw Error(ErrorCode::Unimplemented, fmt::format("oneDNN has no such layer: {}", error.what()));
  }
}

}  // namespace animalctl
