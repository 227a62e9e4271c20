#include "checkpoint/pickle_writer.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "checkpoint/pickle_opcodes.h"

namespace animalctl::checkpoint {
namespace {

constexpr std::size_t kMostNesting = 64;

std::string_view storage_name(ScalarType type) {
  switch (type) {
    case ScalarType::Float32:
      return "FloatStorage";
    case ScalarType::Float64:
      return "DoubleStorage";
    case ScalarType::Float16:
      return "HalfStorage";
    case ScalarType::BFloat16:
      return "BFloat16Storage";
    case ScalarType::Int64:
      return "LongStorage";
    case ScalarType::Int32:
      return "IntStorage";
    case ScalarType::Int16:
      return "ShortStorage";
    case ScalarType::Int8:
      return "CharStorage";
    case ScalarType::UInt8:
      return "ByteStorage";
    case ScalarType::Bool:
      return "BoolStorage";
  }
  throw Error(ErrorCode::Internal, fmt::format("there is no scalar type number {}", static_cast<int>(type)));
}

[[noreturn]] void cannot_pickle(std::string_view what) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("cannot write a checkpoint: {}", what));
}

class PickleWriter {
 public:
  Pickled run(const Value& value) {
    put(kProto);
    put(2);
    write(value);
    put(kStop);
    return std::move(result_);
  }

 private:
  void write(const Value& value) {
    if (depth_ >= kMostNesting)
      cannot_pickle(fmt::format("lists, tuples and dicts are nested over {} deep", kMostNesting));
    ++depth_;
    std::visit([this](const auto& content) { write_content(content); }, value.content());
    --depth_;
  }

  void write_content(std::monostate) { put(kNone); }
  void write_content(bool flag) { put(flag ? kNewTrue : kNewFalse); }
  void write_content(std::int64_t number);
  void write_content(double number) {
    put(kBinFloat);
    const auto bits = std::bit_cast<std::uint64_t>(number);
    for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<std::uint8_t>(bits >> shift));
  }
  void write_content(const std::string& text);
  void write_content(const Tensor& tensor);
  void write_content(const List& list) {
    put(kEmptyList);
    if (list.items.empty()) return;
    put(kMark);
    for (const Value& item : list.items) write(item);
    put(kAppends);
  }
  void write_content(const Tuple& tuple);
  void write_content(const Dict& dict);

  void write_entries(const std::vector<DictEntry>& entries);
  void write_empty_ordered_dict();
  void write_sizes(const std::vector<std::int64_t>& sizes);
  // Text or a global that comes up often: written in full once, then recalled.
  void write_common_text(std::string_view text);
  void write_global(std::string_view module, std::string_view name);
  bool recall(std::string_view what);
  void remember(std::string_view what);

  void put(std::uint8_t byte) { result_.pickle.push_back(static_cast<char>(byte)); }
  void put_little_endian(std::uint64_t number, int size) {
    for (int i = 0; i < size; ++i) put(static_cast<std::uint8_t>(number >> (8 * i)));
  }

  Pickled result_;
  std::map<std::string, std::uint32_t, std::less<>> memo_;
  std::size_t depth_ = 0;
};

void PickleWriter::write_content(std::int64_t number) {
  if (number >= 0 && number <= 0xFF) {
    put(kBinInt1);
    put_little_endian(static_cast<std::uint64_t>(number), 1);
  } else if (number >= 0 && number <= 0xFFFF) {
    put(kBinInt2);
    put_little_endian(static_cast<std::uint64_t>(number), 2);
  } else if (number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max()) {
    put(kBinInt);
    put_little_endian(static_cast<std::uint64_t>(number), 4);
  } else {
    put(kLong1);
    put(8);
    put_little_endian(static_cast<std::uint64_t>(number), 8);
  }
}

void PickleWriter::write_content(const std::string& text) {
  if (!is_utf8(text)) cannot_pickle("it holds text that is not UTF-8");
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) cannot_pickle("it holds text of over 4 GiB");
  put(kBinUnicode);
  put_little_endian(text.size(), 4);
  result_.pickle += text;
}

void PickleWriter::write_content(const Tuple& tuple) {
  if (tuple.items.empty()) {
    put(kEmptyTuple);
    return;
  }
  put(kMark);
  for (const Value& item : tuple.items) write(item);
  put(kTuple);
}

void PickleWriter::write_content(const Dict& dict) {
  if (!dict.ordered && !dict.attributes.empty())
    cannot_pickle("a plain dict has attributes; only an OrderedDict has some");
  if (dict.ordered) {
    write_empty_ordered_dict();
  } else {
    put(kEmptyDict);
  }
  write_entries(dict.entries);
  if (dict.attributes.empty()) return;
  const bool named = std::all_of(dict.attributes.begin(), dict.attributes.end(), [](const DictEntry& attribute) {
    return attribute.key.get_if<std::string>() != nullptr;
  });
  if (!named) cannot_pickle("the name of an attribute is no string");
  put(kEmptyDict);
  write_entries(dict.attributes);
  put(kBuild);
}

void PickleWriter::write_entries(const std::vector<DictEntry>& entries) {
  if (entries.empty()) return;
  std::set<std::string> keys;
  put(kMark);
  for (const DictEntry& entry : entries) {
    const Value::Content& key = entry.key.content();
    const bool scalar = entry.key.is_none() || std::holds_alternative<bool>(key) ||
                        std::holds_alternative<std::int64_t>(key) || std::holds_alternative<double>(key) ||
                        std::holds_alternative<std::string>(key);
    if (!scalar)
      cannot_pickle(fmt::format("{} is a dict's key; text, numbers, bools and None can be", entry.key.describe()));
    const std::size_t begin = result_.pickle.size();
    write(entry.key);
    if (!keys.insert(result_.pickle.substr(begin)).second) cannot_pickle("a dict has a key twice");
    write(entry.value);
  }
  put(kSetItems);
}

void PickleWriter::write_empty_ordered_dict() {
  write_global("collections", "OrderedDict");
  put(kEmptyTuple);
  put(kReduce);
}

void PickleWriter::write_content(const Tensor& tensor) {
  require_consistent(tensor);
  const std::int64_t count = tensor.element_count();
  write_global("torch._utils", "_rebuild_tensor_v2");
  put(kMark);
  put(kMark);
  write_common_text("storage");
  write_global("torch", storage_name(tensor.type));
  write_content(std::to_string(result_.storages.size()));
  write_common_text("cpu");
  write_content(count);
  put(kTuple);
  put(kBinPersId);
  write_content(std::int64_t{0});
  write_sizes(tensor.shape);
  // Strides count from the last dimension; those of an empty tensor are never used, but must fit 64 bits.
  std::vector<std::int64_t> strides(tensor.shape.size(), 1);
  for (std::size_t i = strides.size(); i-- > 1;) {
    strides[i - 1] = count == 0 ? 1 : strides[i] * tensor.shape[i];
  }
  write_sizes(strides);
  put(kNewFalse);  // requires_grad
  write_empty_ordered_dict();
  put(kTuple);
  put(kReduce);
  result_.storages.push_back(&tensor);
}

void PickleWriter::write_sizes(const std::vector<std::int64_t>& sizes) {
  if (sizes.empty()) {
    put(kEmptyTuple);
    return;
  }
  put(kMark);
  for (const std::int64_t size : sizes) write_content(size);
  put(kTuple);
}

void PickleWriter::write_common_text(std::string_view text) {
  if (recall(text)) return;
  write_content(std::string(text));
  remember(text);
}

void PickleWriter::write_global(std::string_view module, std::string_view name) {
  const std::string full = fmt::format("{}\n{}\n", module, name);
  if (recall(full)) return;
  put(kGlobal);
  result_.pickle += full;
  remember(full);
}

// Fewer than 20 different things are remembered, so one byte is always enough for their number.
bool PickleWriter::recall(std::string_view what) {
  const auto found = memo_.find(what);
  if (found == memo_.end()) return false;
  put(kBinGet);
  put(static_cast<std::uint8_t>(found->second));
  return true;
}

void PickleWriter::remember(std::string_view what) {
  const auto number = static_cast<std::uint32_t>(memo_.size());
  memo_.emplace(what, number);
  put(kBinPut);
  put(static_cast<std::uint8_t>(number));
}

}  // namespace

Pickled pickle_value(const Value& value) {
  return PickleWriter().run(value);
}

}  // namespace animalctl::checkpoint
