#include "exporter/onnx_writer.h"

#include <fmt/core.h>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"

namespace animalctl {
namespace {

void set_value(onnx::AttributeProto& attribute, std::int64_t number) {
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(number);
}

void set_value(onnx::AttributeProto& attribute, float number) {
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(number);
}

void set_value(onnx::AttributeProto& attribute, const std::vector<std::int64_t>& numbers) {
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t number : numbers) attribute.add_ints(number);
}

// Equal for tensors of the same type, shape and bytes.
std::string content_key(const torch::Tensor& tensor) {
  std::string key = at::toString(tensor.scalar_type());
  for (const std::int64_t size : tensor.sizes()) key += fmt::format(" {}", size);
  const auto* const begin = static_cast<const std::byte*>(tensor.data_ptr());
  return key + " " + sha256(std::span(begin, tensor.nbytes())).hex();
}

}  // namespace

std::string OnnxWriter::name_of(torch::jit::Value* value) {
  const auto found = names_.find(value);
  if (found != names_.end()) return found->second;
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isTensor()) {
    throw Error(ErrorCode::Unimplemented,
                fmt::format("no ONNX can be written: the network computes with a {} made by {}", value->type()->str(),
                            value->node()->kind().toQualString()));
  }
  const std::string name = add_constant(constant->toTensor());
  bind(value, name);
  return name;
}

std::string OnnxWriter::add_constant(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
  const at::ScalarType type = plain.scalar_type();
  if (type != torch::kFloat && type != torch::kLong) {
    throw Error(ErrorCode::Unimplemented,
                fmt::format("no ONNX can be written: the network has a constant of type {}", at::toString(type)));
  }
  std::string& known = constants_[content_key(plain)];
  if (!known.empty()) return known;
  onnx::TensorProto& proto = *graph_.add_initializer();
  proto.set_data_type(type == torch::kFloat ? onnx::TensorProto::FLOAT : onnx::TensorProto::INT64);
  for (const std::int64_t size : plain.sizes()) proto.add_dims(size);
  proto.set_raw_data(plain.data_ptr(), plain.nbytes());
  known = fmt::format("constant_{}", next_++);
  proto.set_name(known);
  return known;
}

std::string OnnxWriter::add_node(const std::string& operation, const std::vector<std::string>& inputs,
                                 const std::vector<OnnxAttribute>& attributes) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(operation);
  node.set_name(fmt::format("{}_{}", operation, next_++));
  for (const std::string& input : inputs) node.add_input(input);
  for (const OnnxAttribute& item : attributes) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(item.name);
    std::visit([&](const auto& value) { set_value(attribute, value); }, item.value);
  }
  node.add_output(node.name() + "_out");
  return node.output(0);
}

}  // namespace animalctl
