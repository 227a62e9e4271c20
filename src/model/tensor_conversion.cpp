#include "model/tensor_conversion.h"

#include <fmt/core.h>

#include <cstring>
#include <map>
#include <set>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

using checkpoint::ScalarType;

constexpr std::pair<ScalarType, at::ScalarType> kTypes[] = {
    {ScalarType::Float32, at::kFloat},     {ScalarType::Float64, at::kDouble}, {ScalarType::Float16, at::kHalf},
    {ScalarType::BFloat16, at::kBFloat16}, {ScalarType::Int64, at::kLong},     {ScalarType::Int32, at::kInt},
    {ScalarType::Int16, at::kShort},       {ScalarType::Int8, at::kChar},      {ScalarType::UInt8, at::kByte},
    {ScalarType::Bool, at::kBool},
};

at::ScalarType torch_type(ScalarType type) {
  for (const auto& [plain, torch] : kTypes) {
    if (plain == type) return torch;
  }
  throw Error(ErrorCode::Internal, "a checkpoint element type has no LibTorch counterpart");
}

ScalarType plain_type(at::ScalarType type) {
  for (const auto& [plain, torch] : kTypes) {
    if (torch == type) return plain;
  }
  throw Error(ErrorCode::Unimplemented,
              fmt::format("tensors of type {} cannot be written to a checkpoint", at::toString(type)));
}

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ", ", shape[i]);
  return text + "]";
}

void collect(const torch::nn::Module& module, const std::string& prefix, std::vector<NamedTensor>& out) {
  for (const auto& item : module.named_parameters(false)) out.push_back({prefix + item.key(), item.value()});
  for (const auto& item : module.named_buffers(false)) out.push_back({prefix + item.key(), item.value()});
  for (const auto& child : module.named_children()) collect(*child.value(), prefix + child.key() + ".", out);
}

// Complaints of one kind, the first ten spelled out.
class Complaints {
 public:
  explicit Complaints(const char* title) : title_(title) {}
  void add(std::string text) { texts_.push_back(std::move(text)); }
  bool empty() const { return texts_.empty(); }
  std::string text() const {
    if (texts_.empty()) return {};
    constexpr std::size_t kShown = 10;
    std::string all = fmt::format("\n  {} ({}):", title_, texts_.size());
    for (std::size_t i = 0; i < std::min(kShown, texts_.size()); ++i)
      all += fmt::format("{} {}", i == 0 ? "" : ",", texts_[i]);
    if (texts_.size() > kShown) all += fmt::format(" and {} more", texts_.size() - kShown);
    return all;
  }

 private:
  const char* title_;
  std::vector<std::string> texts_;
};

}  // namespace

checkpoint::Tensor to_plain(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  const auto* begin = static_cast<const std::byte*>(host.data_ptr());
  return checkpoint::make_tensor(plain_type(host.scalar_type()), host.sizes().vec(), {begin, host.nbytes()});
}

torch::Tensor from_plain(const checkpoint::Tensor& tensor) {
  torch::Tensor result = torch::empty(tensor.shape, torch::TensorOptions().dtype(torch_type(tensor.type)));
  if (!tensor.data.empty()) std::memcpy(result.data_ptr(), tensor.data.data(), tensor.data.size());
  return result;
}

std::vector<NamedTensor> state_tensors(const torch::nn::Module& module) {
  std::vector<NamedTensor> tensors;
  collect(module, "", tensors);
  return tensors;
}

checkpoint::Dict make_state_dict(const torch::nn::Module& module) {
  checkpoint::Dict state;
  state.ordered = true;
  for (const NamedTensor& item : state_tensors(module)) {
    state.entries.push_back({checkpoint::Value(item.name), checkpoint::Value(to_plain(item.tensor))});
  }
  return state;
}

void load_state_dict(torch::nn::Module& module, const checkpoint::Dict& state, const std::string& origin) {
  std::map<std::string, const checkpoint::Tensor*> given;
  Complaints missing("missing");
  Complaints unknown("unknown");
  Complaints mismatched("of another shape or type");
  for (const checkpoint::DictEntry& entry : state.entries) {
    const auto* name = entry.key.get_if<std::string>();
    const auto* tensor = entry.value.get_if<checkpoint::Tensor>();
    if (name == nullptr || tensor == nullptr) {
      throw Error(ErrorCode::DataLoss, fmt::format("{}: its state dict holds {} where a named tensor is needed", origin,
                                                   entry.value.describe()));
    }
    given[*name] = tensor;
  }
  std::vector<std::pair<torch::Tensor, const checkpoint::Tensor*>> copies;
  for (const NamedTensor& wanted : state_tensors(module)) {
    const auto found = given.find(wanted.name);
    if (found == given.end()) {
      missing.add(wanted.name);
      continue;
    }
    const checkpoint::Tensor& tensor = *found->second;
    if (wanted.tensor.sizes() != at::IntArrayRef(tensor.shape) ||
        plain_type(wanted.tensor.scalar_type()) != tensor.type) {
      mismatched.add(fmt::format(
          "{} is {} {}, {} {} is needed", wanted.name, checkpoint::to_string(tensor.type), shape_text(tensor.shape),
          checkpoint::to_string(plain_type(wanted.tensor.scalar_type())), shape_text(wanted.tensor.sizes())));
    }
    copies.emplace_back(wanted.tensor, &tensor);
    given.erase(found);
  }
  for (const auto& [name, tensor] : given) unknown.add(name);
  if (!missing.empty() || !unknown.empty() || !mismatched.empty()) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: its tensors do not fit the architecture{}{}{}", origin,
                                                 missing.text(), unknown.text(), mismatched.text()));
  }
  const torch::NoGradGuard no_grad;
  for (auto& [target, source] : copies) target.copy_(from_plain(*source));
}

}  // namespace animalctl
