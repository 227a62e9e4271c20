#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "animalctl/checkpoint/tensor.h"

namespace animalctl::checkpoint {

class Value;
struct DictEntry;

// Python's list and tuple.
struct List {
  std::vector<Value> items;
  bool operator==(const List& other) const;
};
struct Tuple {
  std::vector<Value> items;
  bool operator==(const Tuple& other) const;
};

// Python's dict, in insertion order. Keys are None, bool, whole numbers, numbers or strings, each
// at most once.
struct Dict {
  std::vector<DictEntry> entries;
  // True for collections.OrderedDict: what state_dict() returns.
  bool ordered = false;
  // Attributes of an OrderedDict object, such as `_metadata` (the modules' versions). Empty for a plain dict.
  std::vector<DictEntry> attributes;

  // The value of a key, or null. Linear in the number of entries.
  const Value* find(std::string_view key) const;
  const Value* find(std::int64_t key) const;
  // Adds an entry at the end or replaces the value of an existing key.
  void set(Value key, Value value);
  std::size_t size() const;
  bool operator==(const Dict& other) const;
};

// What a checkpoint is made of: a copy of the Python object. Copying a Value copies its tensors.
// Objects that Python shared (tied weights) are independent here. Not synchronised: concurrent
// reading is safe, writing is not.
class Value {
 public:
  using Content = std::variant<std::monostate, bool, std::int64_t, double, std::string, Tensor, List, Tuple, Dict>;

  // None. (The members are defined below or in value.cpp, where DictEntry is complete.)
  Value();
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();
  Value(std::same_as<bool> auto flag);      // NOLINT: converting on purpose
  Value(std::signed_integral auto number);  // NOLINT
  Value(std::floating_point auto number);   // NOLINT
  Value(std::string text);                  // NOLINT
  Value(std::string_view text);             // NOLINT
  Value(const char* text);                  // NOLINT
  Value(Tensor tensor);                     // NOLINT
  Value(List list);                         // NOLINT
  Value(Tuple tuple);                       // NOLINT
  Value(Dict dict);                         // NOLINT

  bool is_none() const;

  // The content when it is exactly a T (bool, std::int64_t, double, std::string, Tensor, List,
  // Tuple, Dict), else null. For reading with error messages see Field.
  template <typename T>
  const T* get_if() const;
  template <typename T>
  T* get_if();
  const Content& content() const { return content_; }

  // What it is, for messages: "None", "a bool", "a whole number", "a number", "a string",
  // "a float32 tensor of shape [1, 256]", "a list", "a tuple", "a dict".
  std::string describe() const;

  // Same kinds, same numbers, same tensor bytes, same order of entries. NaN differs from itself.
  bool operator==(const Value& other) const;

 private:
  Content content_;
};

struct DictEntry {
  Value key;
  Value value;
  bool operator==(const DictEntry& other) const = default;
};

inline std::size_t Dict::size() const {
  return entries.size();
}

inline Value::Value(std::same_as<bool> auto flag) : content_(flag) {}
inline Value::Value(std::signed_integral auto number) : content_(static_cast<std::int64_t>(number)) {}
inline Value::Value(std::floating_point auto number) : content_(static_cast<double>(number)) {}

template <typename T>
const T* Value::get_if() const {
  return std::get_if<T>(&content_);
}
template <typename T>
T* Value::get_if() {
  return std::get_if<T>(&content_);
}

}  // namespace animalctl::checkpoint
