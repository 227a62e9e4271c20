// Tensors and storages that contradict themselves.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "animalctl/checkpoint/field.h"
#include "checkpoint/crafted_file.h"
#include "support/catch_compat.h"

namespace animalctl::checkpoint {
namespace {

using test::parse_pickle;
using test::pickled;
using test::pickled_sizes;
using test::pickled_storage;
using test::pickled_tensor;
using test::pickled_tuple;
using test::require_error;

constexpr std::int64_t kLarge = std::numeric_limits<std::int64_t>::max();
const std::vector<std::string> kFourFloats{std::string(16, '\0')};

void require_damaged_tensors(std::string_view part, const std::string& pickle) {
  require_error(ErrorCode::DataLoss, part, [&] { parse_pickle(pickle + ".", kFourFloats); });
}

void require_outside(std::int64_t offset, const std::vector<std::int64_t>& shape,
                     const std::vector<std::int64_t>& strides) {
  require_damaged_tensors("lies outside its storage of 4 elements",
                          pickled_tensor(pickled_storage(4), offset, shape, strides));
}

Value read_tensor(std::int64_t offset, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                  const ReadLimits& limits = {}) {
  return parse_pickle(pickled_tensor(pickled_storage(4), offset, shape, strides) + ".", kFourFloats, limits);
}

TEST_CASE("A view of a storage is read up to its last element and no further") {
  CHECK(read_tensor(0, {4}, {1}).get_if<Tensor>()->element_count() == 4);
  CHECK(read_tensor(3, {}, {}).get_if<Tensor>()->element_count() == 1);
  CHECK(read_tensor(0, {1, 4}, {kLarge, 1}).get_if<Tensor>()->element_count() == 4);
  CHECK(read_tensor(0, {1, 2, 2}, {kLarge, 1, 2}).get_if<Tensor>()->element_count() == 4);
  CHECK(read_tensor(99, {0}, {1}).get_if<Tensor>()->element_count() == 0);
  require_outside(1, {4}, {1});
  require_outside(4, {}, {});
  require_outside(0, {2}, {4});
  require_outside(-1, {1}, {1});
  require_outside(0, {-1}, {1});
  require_outside(3, {2}, {-1});
  require_outside(0, {2, 2}, {1});
}

TEST_CASE("Sizes whose products overflow are refused") {
  require_outside(kLarge, {2}, {1});
  require_outside(0, {kLarge}, {kLarge});
  require_outside(0, {kLarge, kLarge}, {0, 0});
  require_outside(1, {2, 2}, {kLarge, 1});
  require_outside(0, {kLarge, kLarge, 0}, {1, 1, 1});
}

TEST_CASE("An expanded tensor cannot take more memory than the file allows") {
  CHECK(read_tensor(0, {2, 3}, {0, 0}).get_if<Tensor>()->data.size() == 24);
  require_error(ErrorCode::ResourceExhausted, "its tensors and strings would take more than", [] {
    read_tensor(0, {1'000'000, 1'000'000}, {0, 0});
  });
  require_error(ErrorCode::ResourceExhausted, "would take more than", [] { read_tensor(0, {kLarge}, {0}); });
}

TEST_CASE("A tensor of over 64 dimensions is refused") {
  const std::vector<std::int64_t> ones(65, 1);
  require_damaged_tensors("a tensor of 65 dimensions", pickled_tensor(pickled_storage(4), 0, ones, ones));
}

TEST_CASE("A storage has exactly the bytes that its type and size say") {
  require_damaged_tensors("data/0 should have 5 elements of float32 (4 bytes each) and has 16 bytes",
                          pickled_storage(5));
  require_damaged_tensors("data/0 should have 3 elements", pickled_storage(3));
  require_damaged_tensors("data/0 should have -1 elements", pickled_storage(-1));
  require_damaged_tensors("data/0 should have", pickled_storage(kLarge, "DoubleStorage"));
  const std::string missing =
      pickled_tuple({pickled("storage"), "ctorch\nFloatStorage\n", pickled("7"), pickled("cpu"), pickled(1)}) + "Q";
  require_damaged_tensors("the storage data/7 is missing", missing);
}

TEST_CASE("A storage id of another shape is refused") {
  const std::string type = "ctorch\nFloatStorage\n";
  require_damaged_tensors("lacks a storage id", "NQ");
  require_damaged_tensors("lacks a storage id of five parts", ")Q");
  require_damaged_tensors("lacks a storage id of five parts",
                          pickled_tuple({pickled("module"), type, pickled("0"), pickled("cpu"), pickled(4)}) + "Q");
  require_damaged_tensors(
      "lacks the type of storage",
      pickled_tuple({pickled("storage"), pickled("x"), pickled("0"), pickled("cpu"), pickled(4)}) + "Q");
  require_damaged_tensors("lacks the type of storage", pickled_tuple({pickled("storage"), "ccollections\nOrderedDict\n",
                                                                      pickled("0"), pickled("cpu"), pickled(4)}) +
                                                           "Q");
  require_damaged_tensors("lacks the key of a storage",
                          pickled_tuple({pickled("storage"), type, pickled(0), pickled("cpu"), pickled(4)}) + "Q");
  require_damaged_tensors("lacks the device of a storage",
                          pickled_tuple({pickled("storage"), type, pickled("0"), pickled(0), pickled(4)}) + "Q");
  require_damaged_tensors("lacks the number of elements of a storage",
                          pickled_tuple({pickled("storage"), type, pickled("0"), pickled("cpu"), pickled("4")}) + "Q");
}

TEST_CASE("A tensor of other arguments is refused") {
  const std::string rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";
  const std::string sizes = pickled_sizes({4});
  const std::string strides = pickled_sizes({1});
  const auto call = [&](std::vector<std::string> arguments) { return rebuild + pickled_tuple(arguments) + "R"; };
  require_damaged_tensors("lacks a tensor of the usual arguments", call({}));
  require_damaged_tensors("lacks the storage of a tensor", call({"N", pickled(0), sizes, strides, "\x89", "N"}));
  require_damaged_tensors("lacks the offset of a tensor", call({pickled_storage(4), "N", sizes, strides, "\x89", "N"}));
  require_damaged_tensors("lacks the size of a tensor",
                          call({pickled_storage(4), pickled(0), "N", strides, "\x89", "N"}));
  require_damaged_tensors("lacks the size of a tensor",
                          call({pickled_storage(4), pickled(0), "N\x85", strides, "\x89", "N"}));
  require_damaged_tensors("lacks the stride of a tensor",
                          call({pickled_storage(4), pickled(0), sizes, "N", "\x89", "N"}));
  require_damaged_tensors("lacks the metadata of a tensor",
                          call({pickled_storage(4), pickled(0), sizes, strides, "\x89", "N", pickled(1)}));
  const std::string negated = call({pickled_storage(4), pickled(0), sizes, strides, "\x89", "N", "}U\x03neg\x88s"});
  require_error(ErrorCode::Unimplemented, "a conjugated or negated view",
                [&] { parse_pickle(negated + ".", kFourFloats); });
  const std::string plain = call({pickled_storage(4), pickled(0), sizes, strides, "\x89", "N", "}"});
  CHECK(parse_pickle(plain + ".", kFourFloats).get_if<Tensor>()->element_count() == 4);
}

TEST_CASE("The first form of tensors, parameters and untyped storages are read") {
  const std::string first =
      "ctorch._utils\n_rebuild_tensor\n" +
      pickled_tuple({pickled_storage(16, "UntypedStorage"), pickled(0), pickled_sizes({16}), pickled_sizes({1})}) + "R";
  CHECK(parse_pickle(first + ".", kFourFloats).get_if<Tensor>()->type == ScalarType::UInt8);
  const std::string parameter = "ctorch._utils\n_rebuild_parameter\n";
  CHECK(parse_pickle(parameter + pickled_tuple({first, "\x88", "N"}) + "R.", kFourFloats).get_if<Tensor>() != nullptr);
  require_damaged_tensors("lacks a parameter of three arguments", parameter + ")R");
  require_damaged_tensors("lacks the tensor of a parameter", parameter + pickled_tuple({"N", "\x88", "N"}) + "R");
}

}  // namespace
}  // namespace animalctl::checkpoint
