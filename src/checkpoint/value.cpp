#include "animalctl/checkpoint/value.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace animalctl::checkpoint {

bool List::operator==(const List& other) const {
  return items == other.items;
}

bool Tuple::operator==(const Tuple& other) const {
  return items == other.items;
}

bool Dict::operator==(const Dict& other) const {
  return ordered == other.ordered && entries == other.entries && attributes == other.attributes;
}

Value::Value() = default;
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

Value::Value(std::string text) : content_(std::move(text)) {}
Value::Value(std::string_view text) : content_(std::string(text)) {}
Value::Value(const char* text) : content_(std::string(text)) {}
Value::Value(Tensor tensor) : content_(std::move(tensor)) {}
Value::Value(List list) : content_(std::move(list)) {}
Value::Value(Tuple tuple) : content_(std::move(tuple)) {}
Value::Value(Dict dict) : content_(std::move(dict)) {}

bool Value::is_none() const {
  return std::holds_alternative<std::monostate>(content_);
}

bool Value::operator==(const Value& other) const {
  return content_ == other.content_;
}

const Value* Dict::find(std::string_view key) const {
  for (const DictEntry& entry : entries) {
    const auto* text = entry.key.get_if<std::string>();
    if (text != nullptr && *text == key) return &entry.value;
  }
  return nullptr;
}

const Value* Dict::find(std::int64_t key) const {
  for (const DictEntry& entry : entries) {
    const auto* number = entry.key.get_if<std::int64_t>();
    if (number != nullptr && *number == key) return &entry.value;
  }
  return nullptr;
}

void Dict::set(Value key, Value value) {
  const auto existing = std::find_if(entries.begin(), entries.end(), [&](const DictEntry& e) { return e.key == key; });
  if (existing != entries.end()) {
    existing->value = std::move(value);
  } else {
    entries.push_back({std::move(key), std::move(value)});
  }
}

namespace {

struct Describe {
  std::string operator()(std::monostate) const { return "None"; }
  std::string operator()(bool) const { return "a bool"; }
  std::string operator()(std::int64_t) const { return "a whole number"; }
  std::string operator()(double) const { return "a number"; }
  std::string operator()(const std::string&) const { return "a string"; }
  std::string operator()(const Tensor& tensor) const {
    return fmt::format("a {} tensor of shape [{}]", to_string(tensor.type), fmt::join(tensor.shape, ", "));
  }
  std::string operator()(const List&) const { return "a list"; }
  std::string operator()(const Tuple&) const { return "a tuple"; }
  std::string operator()(const Dict&) const { return "a dict"; }
};

}  // namespace

std::string Value::describe() const {
  return std::visit(Describe{}, content_);
}

}  // namespace animalctl::checkpoint
