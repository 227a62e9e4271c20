#include "animalctl/checkpoint/field.h"

#include <utility>

#include <fmt/format.h>

#include "animalctl/base/error.h"

namespace animalctl::checkpoint {
namespace {

// The number in a tensor of one element; nothing for other types.
bool single_number(const Tensor& tensor, double& number) {
  if (tensor.data.size() != size_of(tensor.type) || tensor.element_count() != 1) return false;
  if (matches<float>(tensor.type)) {
    number = tensor.as<float>()[0];
  } else if (matches<double>(tensor.type)) {
    number = tensor.as<double>()[0];
  } else if (matches<std::int64_t>(tensor.type)) {
    number = static_cast<double>(tensor.as<std::int64_t>()[0]);
  } else if (matches<std::int32_t>(tensor.type)) {
    number = tensor.as<std::int32_t>()[0];
  } else {
    return false;
  }
  return true;
}

const std::vector<Value>* items_of(const Value& value) {
  if (const auto* list = value.get_if<List>()) return &list->items;
  if (const auto* tuple = value.get_if<Tuple>()) return &tuple->items;
  return nullptr;
}

}  // namespace

Field::Field(const Value& root, std::string file) : value_(&root), file_(std::move(file)) {}

Field::Field(const Value& value, std::string file, std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

std::string Field::path() const {
  return path_.empty() ? "the top level" : path_;
}

void Field::refuse(std::string_view what) const {
  throw Error(ErrorCode::DataLoss, fmt::format("{}: {}: {}", file_, path(), what));
}

void Field::refuse_kind(std::string_view needed) const {
  refuse(fmt::format("{} is needed, found {}", needed, value_->describe()));
}

Field Field::at(std::string_view key) const {
  const Value* found = dict().find(key);
  if (found == nullptr) refuse(fmt::format("the key '{}' is missing", key));
  return Field(*found, file_, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key));
}

Field Field::at(std::int64_t index) const {
  const std::string path = fmt::format("{}[{}]", path_, index);
  if (const auto* entries = value_->get_if<Dict>()) {
    const Value* found = entries->find(index);
    if (found == nullptr) refuse(fmt::format("the key {} is missing", index));
    return Field(*found, file_, path);
  }
  const std::vector<Value>* items = items_of(*value_);
  if (items == nullptr) refuse_kind("a list, tuple or dict");
  if (index < 0 || static_cast<std::uint64_t>(index) >= items->size()) {
    refuse(fmt::format("item {} is needed, there are {}", index, items->size()));
  }
  return Field((*items)[static_cast<std::size_t>(index)], file_, path);
}

bool Field::has(std::string_view key) const {
  const auto* entries = value_->get_if<Dict>();
  return entries != nullptr && entries->find(key) != nullptr;
}

bool Field::has(std::int64_t key) const {
  const auto* entries = value_->get_if<Dict>();
  return entries != nullptr && entries->find(key) != nullptr;
}

std::size_t Field::size() const {
  if (const auto* entries = value_->get_if<Dict>()) return entries->size();
  const std::vector<Value>* items = items_of(*value_);
  if (items == nullptr) refuse_kind("a list, tuple or dict");
  return items->size();
}

bool Field::boolean() const {
  const auto* flag = value_->get_if<bool>();
  if (flag == nullptr) refuse_kind("a bool");
  return *flag;
}

std::int64_t Field::integer() const {
  const auto* number = value_->get_if<std::int64_t>();
  if (number == nullptr) refuse_kind("a whole number");
  return *number;
}

double Field::number() const {
  if (const auto* number = value_->get_if<double>()) return *number;
  if (const auto* number = value_->get_if<std::int64_t>()) return static_cast<double>(*number);
  double number = 0;
  const auto* tensor = value_->get_if<Tensor>();
  if (tensor == nullptr || !single_number(*tensor, number)) refuse_kind("a number");
  return number;
}

const std::string& Field::text() const {
  const auto* text = value_->get_if<std::string>();
  if (text == nullptr) refuse_kind("a string");
  return *text;
}

const Tensor& Field::tensor() const {
  const auto* tensor = value_->get_if<Tensor>();
  if (tensor == nullptr) refuse_kind("a tensor");
  return *tensor;
}

const Dict& Field::dict() const {
  const auto* entries = value_->get_if<Dict>();
  if (entries == nullptr) refuse_kind("a dict");
  return *entries;
}

}  // namespace animalctl::checkpoint
