#include "fused/program.h"

#include <fmt/core.h>

#include <optional>

#include "animalctl/base/error.h"
#include "fused/buffers.h"
#include "fused/onednn_operations.h"

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

class ProgramBuilder {
 public:
  ProgramBuilder(const std::vector<FusedLayer>& layers, const std::vector<MapNumber>& outputs,
                 FusedArithmetic arithmetic, FusedWeights& weights)
      : layers_(layers), outputs_(outputs), arithmetic_(arithmetic), weights_(weights) {}

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

  void add(const FusedLayer& layer, const ConvolutionLayer& convolution);
  void add(const FusedLayer& layer, const MaxPoolLayer& pool);
  void add(const FusedLayer& layer, const GlobalMeanLayer&);
  void add(const FusedLayer& layer, const ActivationLayer& activation);
  void add(const FusedLayer& layer, const AddLayer&);
  void add(const FusedLayer& layer, const ConcatenateLayer&);
  void add(const FusedLayer& layer, const MirrorLayer&);
  void add_output(std::size_t index);
  FusedOperand constant(int argument, const torch::Tensor& values, const Description& given, const Description& wanted);

  const std::vector<FusedLayer>& layers_;
  const std::vector<MapNumber>& outputs_;
  const FusedArithmetic arithmetic_;
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

void ProgramBuilder::add(const FusedLayer& layer, const ConvolutionLayer& convolution) {
  const Dims source = onednn::dims_of(map(layer.inputs[0]).description);
  const Window& window = convolution.window;
  if (source[1] != convolution.weight.size(1) * convolution.groups) {
    throw Error(ErrorCode::Unimplemented, "a convolution's weights do not fit the map that it reads");
  }
  const Dims dims = {source[0], convolution.weight.size(0), count_places(source[2], window, 0),
                     count_places(source[3], window, 1)};
  const std::optional<MapNumber> added = map_added_by(convolution);
  if (added && onednn::dims_of(map(*added).description) != dims) {
    throw Error(ErrorCode::Unimplemented, "a sum of maps of different shapes");
  }
  const Description target =
      added ? map(*added).description : Description(dims, map_type(arithmetic_), memory::format_tag::any);
  const auto description = describe_convolution(convolution, arithmetic_, source, target);
  uses_winograd_ = uses_winograd_ || is_winograd(description);
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
    result[at] = count_places(dims[at], window, side, pool.reaches_over);
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
  const OneDnnActivation known = onednn_activation(activation.activation);
  const auto description =
      onednn::elementwise(onednn_engine(), known.algorithm, source, known.first, known.second, attributes_);
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
