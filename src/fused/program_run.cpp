#include <algorithm>

#include "fused/program.h"

namespace animalctl {
namespace {

void mirror(const dnnl::memory& from, const dnnl::memory& to) {
  const onednn::Dims shape = onednn::dims_of(from.get_desc());
  const auto width = shape[3];
  const float* source = static_cast<const float*>(from.get_data_handle());
  float* target = static_cast<float*>(to.get_data_handle());
  const auto rows = shape[0] * shape[1] * shape[2];
  for (std::int64_t row = 0; row < rows; ++row, source += width, target += width) {
    std::reverse_copy(source, source + width, target);
  }
}

}  // namespace

FusedRun::FusedRun(const FusedProgram& program)
    : stream_(onednn_engine()),
      block_(torch::empty({static_cast<std::int64_t>(program.buffer_offsets.back())}, torch::kUInt8)) {
  auto* const block = block_.data_ptr<std::uint8_t>();
  const auto memory_of = [&](const FusedOperand& operand) {
    switch (operand.place) {
      case FusedOperand::Place::Constant:
        return operand.constant;
      case FusedOperand::Place::Buffer:
        return dnnl::memory(operand.description, onednn_engine(), block + program.buffer_offsets[operand.index]);
      case FusedOperand::Place::Input:
        return inputs_.emplace_back(operand.description, onednn_engine(), nullptr);
      case FusedOperand::Place::Output:
        break;
    }
    return outputs_.emplace_back(operand.index, dnnl::memory(operand.description, onednn_engine(), nullptr)).second;
  };
  for (const FusedCall& call : program.calls) {
    Call& added = calls_.emplace_back(Call{&call.primitive, {}});
    for (const FusedOperand& operand : call.operands) added.arguments.emplace(operand.argument, memory_of(operand));
  }
}

void FusedRun::run(const float* input, const std::vector<float*>& outputs) {
  for (const dnnl::memory& memory : inputs_) memory.set_data_handle(const_cast<float*>(input));
  for (const auto& [index, memory] : outputs_) memory.set_data_handle(outputs[index]);
  for (const Call& call : calls_) {
    if (*call.primitive) {
      call.primitive->execute(stream_, call.arguments);
    } else {
      mirror(call.arguments.at(DNNL_ARG_FROM), call.arguments.at(DNNL_ARG_TO));
    }
  }
  stream_.wait();
}

}  // namespace animalctl
