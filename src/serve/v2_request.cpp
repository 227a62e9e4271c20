#include "serve/v2_request.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "animalctl/base/error.h"
#include "animalctl/http/base64.h"
#include "serve/v2_tensor.h"

namespace animalctl::serve {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxDepth = 32;  // of the JSON: a request needs 4 and the dimensions of its data
constexpr std::size_t kMaxInputs = 16;
constexpr std::size_t kMaxOutputs = 16;
constexpr std::size_t kMaxDimensions = 8;

struct DatatypeName {
  V2Datatype datatype;
  std::string_view name;
};
constexpr std::array kDatatypes = {DatatypeName{V2Datatype::Bytes, "BYTES"}, DatatypeName{V2Datatype::Fp32, "FP32"},
                                   DatatypeName{V2Datatype::Uint8, "UINT8"}};

[[noreturn]] void refuse_request(const std::string& text) {
  throw Error(ErrorCode::InvalidArgument, text);
}

// A member of an object; nothing when it is not there or null.
std::optional<dom::element> member(const dom::object& object, std::string_view key) {
  dom::element found;
  if (object.at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

// simdjson would take the first of two.
void check_keys(const dom::object& object, std::string_view where) {
  std::set<std::string_view> keys;
  for (const dom::key_value_pair field : object) {
    if (!keys.insert(field.key).second) refuse_request(fmt::format("{} has the key \"{}\" twice", where, field.key));
  }
}

dom::object as_object(const dom::element& element, std::string_view where) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) refuse_request(fmt::format("{} is not an object", where));
  check_keys(object, where);
  return object;
}

std::string string_member(const dom::object& object, std::string_view key, std::string_view where) {
  const auto found = member(object, key);
  std::string_view text;
  if (!found || found->get(text) != simdjson::SUCCESS)
    refuse_request(fmt::format("{} has no string \"{}\"", where, key));
  return std::string(text);
}

bool flag(const dom::object& parameters, std::string_view key, bool fallback, std::string_view where) {
  const auto found = member(parameters, key);
  if (!found) return fallback;
  bool value = false;
  if (found->get(value) != simdjson::SUCCESS)
    refuse_request(fmt::format("{}: \"{}\" is not true or false", where, key));
  return value;
}

std::optional<std::size_t> whole_number(const dom::object& parameters, std::string_view key, std::string_view where) {
  const auto found = member(parameters, key);
  if (!found) return std::nullopt;
  std::uint64_t value = 0;
  if (found->get(value) != simdjson::SUCCESS || value > std::numeric_limits<std::size_t>::max()) {
    refuse_request(fmt::format("{}: \"{}\" is not a whole number from 0", where, key));
  }
  return static_cast<std::size_t>(value);
}

std::optional<dom::object> parameters_of(const dom::object& object, std::string_view where) {
  const auto found = member(object, "parameters");
  if (!found) return std::nullopt;
  return as_object(*found, fmt::format("\"parameters\" of {}", where));
}

V2Datatype parse_datatype(const std::string& text, std::string_view where) {
  for (const DatatypeName& row : kDatatypes) {
    if (row.name == text) return row.datatype;
  }
  refuse_request(fmt::format("{}: datatype \"{}\" is not supported; BYTES, FP32 and UINT8 are", where, text));
}

std::vector<std::size_t> parse_shape(const dom::object& object, const std::string& name) {
  dom::array list;
  const auto found = member(object, "shape");
  if (!found || found->get(list) != simdjson::SUCCESS) refuse_v2_input(name, "there is no list \"shape\"");
  std::vector<std::size_t> shape;
  for (const dom::element element : list) {
    std::uint64_t dimension = 0;
    if (element.get(dimension) != simdjson::SUCCESS || dimension == 0 ||
        dimension > std::numeric_limits<std::size_t>::max()) {
      refuse_v2_input(name, "a dimension of \"shape\" is not a whole number from 1");
    }
    if (shape.size() == kMaxDimensions) refuse_v2_input(name, fmt::format("more than {} dimensions", kMaxDimensions));
    shape.push_back(static_cast<std::size_t>(dimension));
  }
  if (shape.empty()) refuse_v2_input(name, "\"shape\" is empty");
  return shape;
}

// Takes the elements of "data", flat or nested, into an input.
class DataReader {
 public:
  explicit DataReader(V2Input& input) : input_(input) {}

  void read(const dom::array& data) {
    const dom::array::iterator first = data.begin();
    const bool nested = first != data.end() && (*first).is_array();
    if (nested) {
      read_level(data, 0);
    } else {
      read_row(data, input_.count);
    }
    finish();
  }

 private:
  void read_level(const dom::array& array, std::size_t level) {
    if (level + 1 == input_.shape.size()) return read_row(array, input_.shape[level]);
    std::size_t size = 0;
    for (const dom::element element : array) {
      dom::array inner;
      if (element.get(inner) != simdjson::SUCCESS) refuse_v2_input(input_.name, "\"data\" is nested unevenly");
      if (++size > input_.shape[level]) break;
      read_level(inner, level + 1);
    }
    if (size != input_.shape[level]) {
      refuse_v2_input(input_.name, fmt::format("\"data\" is not nested as the shape says: a list in dimension {} has "
                                               "another length than {}",
                                               level, input_.shape[level]));
    }
  }

  void read_row(const dom::array& array, std::size_t wanted) {
    std::size_t size = 0;
    for (const dom::element element : array) {
      if (++size > wanted) break;
      add(element);
    }
    if (size != wanted) {
      refuse_v2_input(input_.name, fmt::format("\"data\" has {} elements than the {} that the shape says",
                                               size < wanted ? "fewer" : "more", wanted));
    }
  }

  void add(const dom::element& element) {
    switch (input_.datatype) {
      case V2Datatype::Fp32:
        return add_float(element);
      case V2Datatype::Uint8:
        return add_byte(element);
      case V2Datatype::Bytes:
        return add_text(element);
    }
  }

  void add_float(const dom::element& element) {
    double value = 0;
    const bool is_number = element.get(value) == simdjson::SUCCESS;
    const auto narrow = static_cast<float>(is_number && std::abs(value) <= std::numeric_limits<float>::max()
                                               ? value
                                               : std::numeric_limits<double>::infinity());
    if (!std::isfinite(narrow)) refuse_element("a number that FP32 can hold", input_.floats.size());
    input_.floats.push_back(narrow);
  }

  void add_byte(const dom::element& element) {
    std::uint64_t value = 0;
    if (element.get(value) != simdjson::SUCCESS || value > 255) {
      refuse_element("a whole number from 0 to 255", input_.owned_bytes.size());
    }
    input_.owned_bytes.push_back(static_cast<std::uint8_t>(value));
  }

  void add_text(const dom::element& element) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) refuse_element("a string of base64", input_.owned_elements.size());
    try {
      input_.owned_elements.push_back(http::base64_decode(text));
    } catch (const Error& error) {
      refuse_v2_input(input_.name, fmt::format("element {}: {}", input_.owned_elements.size(), error.message()));
    }
  }

  [[noreturn]] void refuse_element(std::string_view wanted, std::size_t index) const {
    refuse_v2_input(input_.name, fmt::format("element {} of \"data\" is not {}", index, wanted));
  }

  void finish() {
    input_.bytes = input_.owned_bytes;
    for (const std::string& element : input_.owned_elements) {
      input_.elements.push_back(std::as_bytes(std::span(element)));
    }
  }

  V2Input& input_;
};

// Hands out the bytes behind the JSON.
class BinaryTail {
 public:
  BinaryTail(std::string_view body, std::optional<std::size_t> json_size)
      : present_(json_size.has_value()), rest_(std::as_bytes(std::span(body))) {
    if (present_) rest_ = rest_.subspan(*json_size);
  }

  std::span<const std::byte> take(std::size_t size, const std::string& name) {
    if (!present_) {
      refuse_v2_input(name, "binary_data_size needs the header Inference-Header-Content-Length, the JSON's size");
    }
    if (size > rest_.size()) {
      refuse_v2_input(name, fmt::format("binary_data_size is {}; {} bytes are left in the body", size, rest_.size()));
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  void finish() const {
    if (present_ && !rest_.empty()) {
      refuse_request(fmt::format("{} bytes of the body belong to no input", rest_.size()));
    }
  }

 private:
  bool present_;
  std::span<const std::byte> rest_;
};

V2Input parse_input(const dom::element& element, std::size_t index, BinaryTail& tail) {
  const std::string where = fmt::format("inputs[{}]", index);
  const dom::object object = as_object(element, where);
  V2Input input;
  input.name = string_member(object, "name", where);
  input.datatype = parse_datatype(string_member(object, "datatype", where), where);
  input.shape = parse_shape(object, input.name);
  input.count = v2_element_count(input.shape, input.name);
  std::optional<std::size_t> binary_size;
  if (const auto parameters = parameters_of(object, where)) {
    binary_size = whole_number(*parameters, "binary_data_size", where);
  }
  const auto data = member(object, "data");
  if (binary_size && data) refuse_v2_input(input.name, "has both \"data\" and binary_data_size");
  if (binary_size) {
    read_v2_binary(input, tail.take(*binary_size, input.name));
    return input;
  }
  dom::array list;
  if (!data || data->get(list) != simdjson::SUCCESS) refuse_v2_input(input.name, "there is no list \"data\"");
  DataReader(input).read(list);
  return input;
}

V2WantedOutput parse_output(const dom::element& element, std::size_t index, bool binary_output) {
  const std::string where = fmt::format("outputs[{}]", index);
  const dom::object object = as_object(element, where);
  V2WantedOutput output;
  output.name = string_member(object, "name", where);
  output.binary = binary_output;
  if (const auto parameters = parameters_of(object, where)) {
    output.binary = flag(*parameters, "binary_data", binary_output, where);
    const auto classes = whole_number(*parameters, "classification", where);
    if (classes && *classes == 0)
      refuse_request(fmt::format("{}: \"classification\" is not a whole number from 1", where));
    output.classification = classes.value_or(0);
  }
  return output;
}

dom::array list_member(const dom::element& element, std::string_view key, std::size_t most) {
  dom::array list;
  if (element.get(list) != simdjson::SUCCESS) refuse_request(fmt::format("\"{}\" is not a list", key));
  if (list.size() > most) refuse_request(fmt::format("\"{}\" has more than {} entries", key, most));
  return list;
}

// Triton's raw request: the body is the only element of the only input.
V2Request raw_request(std::string_view body) {
  V2Request request;
  V2Input& input = request.inputs.emplace_back();
  input.shape = {1};
  input.count = 1;
  input.elements.push_back(std::as_bytes(std::span(body)));
  return request;
}

V2Request read_request(const dom::element& root, BinaryTail& tail) {
  const dom::object object = as_object(root, "the request");
  V2Request request;
  if (member(object, "id")) request.id = string_member(object, "id", "the request");
  if (const auto parameters = parameters_of(object, "the request")) {
    request.binary_output = flag(*parameters, "binary_data_output", false, "the request");
  }
  const auto inputs = member(object, "inputs");
  if (!inputs) refuse_request("the request has no \"inputs\"");
  std::size_t index = 0;
  for (const dom::element element : list_member(*inputs, "inputs", kMaxInputs)) {
    request.inputs.push_back(parse_input(element, index++, tail));
  }
  tail.finish();
  if (const auto outputs = member(object, "outputs")) {
    index = 0;
    for (const dom::element element : list_member(*outputs, "outputs", kMaxOutputs)) {
      request.outputs.push_back(parse_output(element, index++, request.binary_output));
    }
  }
  return request;
}

}  // namespace

std::string_view to_string(V2Datatype datatype) {
  for (const DatatypeName& row : kDatatypes) {
    if (row.datatype == datatype) return row.name;
  }
  return "";
}

V2Request parse_v2_request(std::string_view body, std::optional<std::size_t> json_size) {
  if (json_size && *json_size > body.size()) {
    refuse_request(
        fmt::format("Inference-Header-Content-Length is {}; the body has {} bytes", *json_size, body.size()));
  }
  if (json_size == std::size_t{0}) return raw_request(body);
  const std::string_view json = body.substr(0, json_size.value_or(body.size()));
  if (json.empty()) refuse_request("the request has no JSON");
  dom::parser parser;
  if (parser.allocate(json.size(), kMaxDepth) != simdjson::SUCCESS) {
    throw Error(ErrorCode::ResourceExhausted, "there is not enough memory for the request's JSON");
  }
  dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    refuse_request(fmt::format("the request is not JSON: {}", simdjson::error_message(error)));
  }
  BinaryTail tail(body, json_size);
  return read_request(root, tail);
}

std::size_t parse_v2_json_size(std::string_view header) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), size);
  if (error != std::errc() || end != header.data() + header.size() || header.empty()) {
    refuse_request(fmt::format("Inference-Header-Content-Length is \"{}\", not a number of bytes", header));
  }
  return size;
}

}  // namespace animalctl::serve
