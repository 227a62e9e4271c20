#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl::serve {

// The data types of the Open Inference Protocol that a picture can come in.
enum class V2Datatype { Bytes, Fp32, Uint8 };
std::string_view to_string(V2Datatype datatype);

// One input tensor, its data checked against its shape: row-major, `count` elements.
struct V2Input {
  std::string name;
  V2Datatype datatype = V2Datatype::Bytes;
  std::vector<std::size_t> shape;  // 1..8 dimensions, none 0
  std::size_t count = 0;           // product of the shape

  std::vector<float> floats;                         // of FP32: finite
  std::span<const std::uint8_t> bytes;               // of UINT8: points into the body or into `owned_bytes`
  std::vector<std::span<const std::byte>> elements;  // of BYTES: point into the body or into `owned_elements`

  std::vector<std::uint8_t> owned_bytes;
  std::vector<std::string> owned_elements;  // decoded base64

  V2Input() = default;
  V2Input(V2Input&&) = default;  // a copy's spans would point into the original
  V2Input& operator=(V2Input&&) = default;
};

struct V2WantedOutput {
  std::string name;
  bool binary = false;             // data behind the JSON
  std::size_t classification = 0;  // so many classes as strings; 0: the tensor itself
};

struct V2Request {
  std::optional<std::string> id;
  std::vector<V2Input> inputs;
  std::vector<V2WantedOutput> outputs;  // empty: all of them
  bool binary_output = false;           // of outputs that are not listed
};

// Parses the body of an inference request. `json_size` is the header Inference-Header-Content-Length: the JSON's size,
// behind it the binary data of the inputs that have the parameter binary_data_size, one after the other. A json_size of
// 0 is Triton's raw request: the body is one BYTES element and the input is called "". The result points into `body`.
// Data in JSON is flat or nested as the shape says; elements of BYTES are base64.
//
// Throws InvalidArgument that names the place: no JSON, a key missing, twice or of another type, a data type that is
// not known, a shape that overflows, data that is too short or too long, numbers out of range or not finite, binary
// data that does not fit the body exactly. Costs memory in proportion to the body.
V2Request parse_v2_request(std::string_view body, std::optional<std::size_t> json_size);

// The header's value: decimal digits. Throws InvalidArgument.
std::size_t parse_v2_json_size(std::string_view header);

}  // namespace animalctl::serve
