#include "exporter/onnx_export.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/version.h"
#include "exporter/onnx_operators.h"

namespace animalctl {
namespace {

constexpr const char* kInput = "input";
constexpr const char* kOutput = "probabilities";
// The file format of onnx 1.7 (2020); operator sets up to 17 can be named in it.
constexpr std::int64_t kFileVersion = 7;
constexpr std::size_t kProtobufLimit = (std::size_t{1} << 31) - 1;

void describe_value(onnx::ValueInfoProto& info, const char* name, const std::vector<std::int64_t>& sizes) {
  info.set_name(name);
  onnx::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("batch");
  for (const std::int64_t size : sizes) type.mutable_shape()->add_dim()->set_dim_value(size);
}

void add_metadata(onnx::ModelProto& model, const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

void describe_model(onnx::ModelProto& model, const ModelDescription& description, int opset) {
  model.set_ir_version(kFileVersion);
  model.set_producer_name("animalctl");
  model.set_producer_version(std::string(kVersion));
  model.add_opset_import()->set_version(opset);
  add_metadata(model, kDescriptionName, description_json(description));
  std::string classes;
  for (const std::string& name : description.classes) classes += (classes.empty() ? "" : ",") + name;
  add_metadata(model, "classes", classes);
}

void fill_graph(onnx::GraphProto& graph, const torch::jit::Module& module, const ModelDescription& description,
                int opset) {
  graph.set_name(description.architecture);
  const Preprocessing& image = description.preprocessing;
  describe_value(*graph.add_input(), kInput, {image.channels, image.height, image.width});
  const std::size_t classes = description.classes.size();
  describe_value(*graph.add_output(), kOutput, {classes == 2 ? 1 : static_cast<std::int64_t>(classes)});
  // Weights become constants, calls are written out, batch normalisation melts into the convolution before it.
  const torch::jit::Module frozen = torch::jit::freeze(module);
  const auto recorded = frozen.get_method("forward").graph();
  OnnxWriter writer(graph, opset);
  // Input 0 is the module itself.
  writer.bind_input(recorded->inputs().at(1), kInput, {-1, image.channels, image.height, image.width});
  for (torch::jit::Node* const node : recorded->nodes()) write_operator(writer, *node);
  onnx::NodeProto& last = *graph.add_node();
  last.set_op_type("Identity");
  last.set_name(kOutput);
  last.add_input(writer.name_of(recorded->outputs().at(0)));
  last.add_output(kOutput);
}

}  // namespace

std::string serialize_onnx(const torch::jit::Module& module, const ModelDescription& description, int opset) {
  onnx::ModelProto model;
  describe_model(model, description, opset);
  fill_graph(*model.mutable_graph(), module, description, opset);
  std::string bytes;
  if (model.ByteSizeLong() > kProtobufLimit || !model.SerializeToString(&bytes)) {
    throw Error(ErrorCode::ResourceExhausted, "no ONNX can be written: the network is over 2 GiB, the format's limit");
  }
  return bytes;
}

}  // namespace animalctl
