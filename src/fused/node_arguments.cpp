#include "fused/node_arguments.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {

std::int64_t NodeArguments::integer(std::size_t place) const {
  const c10::IValue known = constant(place);
  if (!known.isInt()) refuse(fmt::format("argument {} is a {}", place, known.tagKind()));
  return known.toInt();
}

double NodeArguments::number(std::size_t place) const {
  const c10::IValue known = constant(place);
  if (!known.isScalar()) refuse(fmt::format("argument {} is a {}", place, known.tagKind()));
  return known.toScalar().toDouble();
}

bool NodeArguments::flag(std::size_t place) const {
  const c10::IValue known = constant(place);
  if (!known.isBool()) refuse(fmt::format("argument {} is a {}", place, known.tagKind()));
  return known.toBool();
}

torch::Tensor NodeArguments::tensor(std::size_t place) const {
  const c10::IValue known = constant(place);
  if (!known.isTensor()) refuse(fmt::format("argument {} is a {}", place, known.tagKind()));
  return known.toTensor();
}

std::vector<std::int64_t> NodeArguments::sizes(std::size_t place) const {
  torch::jit::Value* const list = value(place);
  if (list->node()->kind() != c10::prim::ListConstruct) {
    const c10::IValue known = constant(place);
    if (!known.isIntList()) refuse(fmt::format("argument {} is a {}", place, known.tagKind()));
    return known.toIntVector();
  }
  std::vector<std::int64_t> result;
  for (torch::jit::Value* const item : list->node()->inputs()) {
    const auto known = torch::jit::toIValue(item);
    if (!known || !known->isInt()) refuse(fmt::format("argument {} is not constant", place));
    result.push_back(known->toInt());
  }
  return result;
}

std::vector<std::int64_t> NodeArguments::pair(std::size_t place) const {
  std::vector<std::int64_t> result = sizes(place);
  if (result.size() == 1) result.push_back(result.front());
  if (result.size() != 2) refuse(fmt::format("argument {} has {} sizes", place, result.size()));
  return result;
}

void NodeArguments::refuse(std::string_view what) const {
  throw Error(ErrorCode::Unimplemented, fmt::format("{}: {} is used in a way that is not known: {}", purpose_,
                                                    node_->kind().toQualString(), what));
}

c10::IValue NodeArguments::constant(std::size_t place) const {
  auto known = torch::jit::toIValue(value(place));
  if (!known) refuse(fmt::format("argument {} is not constant", place));
  return *known;
}

}  // namespace animalctl
