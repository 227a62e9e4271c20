#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "animalctl/checkpoint/value.h"

namespace animalctl::checkpoint {

// A place in a Value together with the way to it, so that every refusal says where it is:
//   const Field root(value, "models/a.pth");
//   double lr = root.at("optimizer_state_dict").at("param_groups").at(0).at("lr").number();
// may throw DataLoss "models/a.pth: optimizer_state_dict.param_groups[0].lr: a number is needed,
// found a string". Every function that throws, throws DataLoss. The Value must outlive the Field.
class Field {
 public:
  // `file` begins every message; usually the path of the file.
  Field(const Value& root, std::string file);

  // The value of a dict's key; throws when this is no dict or has no such key.
  Field at(std::string_view key) const;
  // The item of a list or tuple, or the value of a dict's whole-number key.
  Field at(std::int64_t index) const;
  // True when this is a dict with that key.
  bool has(std::string_view key) const;
  bool has(std::int64_t key) const;

  bool is_none() const { return value_->is_none(); }
  // Number of items of a list, tuple or dict.
  std::size_t size() const;
  bool boolean() const;
  // A whole number; bool does not count.
  std::int64_t integer() const;
  // A number, a whole number, or a tensor of one float32, float64, int64 or int32 element (newer
  // optimizers store `step` so).
  double number() const;
  const std::string& text() const;
  const Tensor& tensor() const;
  const Dict& dict() const;

  const Value& value() const { return *value_; }
  // e.g. "optimizer_state_dict.param_groups[0].lr"; "the top level" at the root.
  std::string path() const;

  // Throws DataLoss with file and path before `what`, for checks the caller makes itself.
  [[noreturn]] void refuse(std::string_view what) const;

 private:
  Field(const Value& value, std::string file, std::string path);
  [[noreturn]] void refuse_kind(std::string_view needed) const;

  const Value* value_;
  std::string file_;
  std::string path_;
};

}  // namespace animalctl::checkpoint
