#include "checkpoint/pickle_globals.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "checkpoint/read_failure.h"

namespace animalctl::checkpoint {
namespace {

using Kind = PickleGlobal::Kind;

constexpr PickleGlobal kAllowed[] = {
    {"collections.OrderedDict", Kind::OrderedDict},
    {"torch._utils._rebuild_tensor_v2", Kind::RebuildTensorV2},
    {"torch._utils._rebuild_tensor", Kind::RebuildTensor},
    {"torch._utils._rebuild_parameter", Kind::RebuildParameter},
    {"torch.FloatStorage", Kind::Storage, ScalarType::Float32},
    {"torch.DoubleStorage", Kind::Storage, ScalarType::Float64},
    {"torch.HalfStorage", Kind::Storage, ScalarType::Float16},
    {"torch.BFloat16Storage", Kind::Storage, ScalarType::BFloat16},
    {"torch.LongStorage", Kind::Storage, ScalarType::Int64},
    {"torch.IntStorage", Kind::Storage, ScalarType::Int32},
    {"torch.ShortStorage", Kind::Storage, ScalarType::Int16},
    {"torch.CharStorage", Kind::Storage, ScalarType::Int8},
    {"torch.ByteStorage", Kind::Storage, ScalarType::UInt8},
    {"torch.BoolStorage", Kind::Storage, ScalarType::Bool},
    // Untyped storages count bytes; a tensor made from one is uint8.
    {"torch.UntypedStorage", Kind::Storage, ScalarType::UInt8},
    {"torch._UntypedStorage", Kind::Storage, ScalarType::UInt8},
    {"torch.storage.UntypedStorage", Kind::Storage, ScalarType::UInt8},
    {"torch.storage._UntypedStorage", Kind::Storage, ScalarType::UInt8},
    {"torch.Size", Kind::Size},
    {"torch.device", Kind::Device},
    {"torch.float32", Kind::ScalarTypeName},
    {"torch.float64", Kind::ScalarTypeName},
    {"torch.float16", Kind::ScalarTypeName},
    {"torch.bfloat16", Kind::ScalarTypeName},
    {"torch.int64", Kind::ScalarTypeName},
    {"torch.int32", Kind::ScalarTypeName},
    {"torch.int16", Kind::ScalarTypeName},
    {"torch.int8", Kind::ScalarTypeName},
    {"torch.uint8", Kind::ScalarTypeName},
    {"torch.bool", Kind::ScalarTypeName},
};

struct Unsupported {
  std::string_view name;
  std::string_view what;
};

constexpr Unsupported kUnsupported[] = {
    {"torch.ComplexFloatStorage", "a complex tensor"},
    {"torch.ComplexDoubleStorage", "a complex tensor"},
    {"torch.QInt8Storage", "a quantised tensor"},
    {"torch.QUInt8Storage", "a quantised tensor"},
    {"torch.QInt32Storage", "a quantised tensor"},
    {"torch.QUInt4x2Storage", "a quantised tensor"},
    {"torch.QUInt2x4Storage", "a quantised tensor"},
    {"torch._utils._rebuild_qtensor", "a quantised tensor"},
    {"torch._utils._rebuild_sparse_tensor", "a sparse tensor"},
    {"torch._utils._rebuild_sparse_csr_tensor", "a sparse tensor"},
    {"torch._utils._rebuild_meta_tensor_no_storage", "a meta tensor, which has no data"},
    {"torch._utils._rebuild_wrapper_subclass", "a tensor subclass"},
    {"torch._utils._rebuild_parameter_with_state", "a parameter with Python attributes"},
    {"torch._utils._rebuild_tensor_v3", "a tensor of an element type of newer PyTorch"},
    {"torch._tensor._rebuild_from_type_v2", "a tensor with Python attributes or of a subclass"},
    {"torch._tensor._rebuild_from_type", "a tensor of a subclass"},
};

// Names come from the file: a message must stay one short line of printable text.
std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  std::string result;
  for (const char character : text.substr(0, kLongest)) {
    result.push_back(character >= ' ' && character <= '~' ? character : '?');
  }
  if (text.size() > kLongest) result += "...";
  return result;
}

}  // namespace

const PickleGlobal& find_global(std::string_view module, std::string_view name, std::string_view file) {
  const std::string full = fmt::format("{}.{}", module, name);
  const auto allowed = std::find_if(std::begin(kAllowed), std::end(kAllowed),
                                    [&](const PickleGlobal& global) { return global.name == full; });
  if (allowed != std::end(kAllowed)) return *allowed;
  const auto known = std::find_if(std::begin(kUnsupported), std::end(kUnsupported),
                                  [&](const Unsupported& entry) { return entry.name == full; });
  if (known != std::end(kUnsupported)) {
    throw_unsupported(file, fmt::format("it holds {} ({}); dense tensors of float32, float64, float16, bfloat16, "
                                        "int8 to int64, uint8 and bool are read",
                                        known->what, known->name));
  }
  throw_damaged(file, fmt::format("it refers to {}; only tensors, numbers, text, lists, tuples and dicts are read; "
                                  "nothing was executed. If this is a whole model, save model.state_dict() instead",
                                  printable(full)));
}

}  // namespace animalctl::checkpoint
