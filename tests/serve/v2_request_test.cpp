#include "serve/v2_request.h"

#include <fmt/core.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "animalctl/http/base64.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

namespace {

json input_of(const std::string& name, const std::string& datatype, const json& shape, const json& data) {
  return {{"name", name}, {"datatype", datatype}, {"shape", shape}, {"data", data}};
}

std::string body_of(const json& input) {
  return json{{"inputs", json::array({input})}}.dump();
}

json binary_input(const std::string& datatype, const json& shape, std::size_t size) {
  return {{"name", "x"}, {"datatype", datatype}, {"shape", shape}, {"parameters", {{"binary_data_size", size}}}};
}

std::string element(const std::string& content, std::uint32_t length) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &length, 4);
  return bytes + content;
}
std::string element(const std::string& content) {
  return element(content, static_cast<std::uint32_t>(content.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void require_refused(const std::string& body, std::string_view part) {
  INFO(body);
  require_error(ErrorCode::InvalidArgument, part, [&] { parse_v2_request(body, std::nullopt); });
}

void require_binary_refused(const json& input, const std::string& tail, std::string_view part) {
  const std::string head = body_of(input);
  INFO(head);
  require_error(ErrorCode::InvalidArgument, part, [&] { parse_v2_request(head + tail, head.size()); });
}

}  // namespace

TEST_CASE("a V2 request with flat and with nested numbers is the same", "[v2]") {
  for (const json& data : {json{1, 2.5, -3, 4e-3}, json{{{1, 2.5}}, {{-3, 4e-3}}}}) {
    const std::string body = body_of(input_of("input", "FP32", {2, 1, 2}, data));
    const V2Request request = parse_v2_request(body, std::nullopt);
    REQUIRE(request.inputs.size() == 1);
    const V2Input& parsed = request.inputs[0];
    CHECK(parsed.name == "input");
    CHECK(parsed.datatype == V2Datatype::Fp32);
    CHECK(parsed.shape == std::vector<std::size_t>{2, 1, 2});
    CHECK(parsed.count == 4);
    CHECK(parsed.floats == std::vector<float>{1, 2.5, -3, 4e-3F});
  }
}

TEST_CASE("a V2 request's id, outputs and parameters are read", "[v2]") {
  json request = json::parse(body_of(input_of("pixels", "UINT8", {3}, {0, 128, 255})));
  request["id"] = "42";
  request["parameters"] = {{"binary_data_output", true}, {"other", 3}};
  request["outputs"] = {{{"name", "a"}, {"parameters", {{"binary_data", false}}}},
                        {{"name", "b"}, {"parameters", {{"classification", 3}}}}};
  request["unknown"] = {1, 2};
  const std::string body = request.dump();
  const V2Request parsed = parse_v2_request(body, std::nullopt);
  CHECK(parsed.id.value() == "42");
  CHECK(parsed.binary_output);
  REQUIRE(parsed.outputs.size() == 2);
  CHECK_FALSE(parsed.outputs[0].binary);
  CHECK(parsed.outputs[0].classification == 0);
  CHECK(parsed.outputs[1].binary);
  CHECK(parsed.outputs[1].classification == 3);
  CHECK(std::vector<std::uint8_t>(parsed.inputs[0].bytes.begin(), parsed.inputs[0].bytes.end()) ==
        std::vector<std::uint8_t>{0, 128, 255});
}

TEST_CASE("BYTES in JSON are base64 and survive a move of the request", "[v2]") {
  const std::string body = body_of(input_of("image", "BYTES", {2}, {http::base64_encode("ab"), ""}));
  V2Request first = parse_v2_request(body, std::nullopt);
  const V2Request moved = std::move(first);
  REQUIRE(moved.inputs[0].elements.size() == 2);
  CHECK(text_of(moved.inputs[0].elements[0]) == "ab");
  CHECK(moved.inputs[0].elements[1].empty());
}

TEST_CASE("binary tensors follow the JSON in the inputs' order", "[v2]") {
  json both = {{"inputs",
                {{{"name", "f"}, {"datatype", "FP32"}, {"shape", {2}}, {"parameters", {{"binary_data_size", 8}}}},
                 {{"name", "j"}, {"datatype", "UINT8"}, {"shape", {1}}, {"data", {7}}},
                 {{"name", "u"}, {"datatype", "UINT8"}, {"shape", {3}}, {"parameters", {{"binary_data_size", 3}}}},
                 {{"name", "b"}, {"datatype", "BYTES"}, {"shape", {2}}, {"parameters", {{"binary_data_size", 11}}}}}}};
  const std::string head = both.dump();
  const std::vector<float> floats = {1.5F, -2};
  std::string tail(8, '\0');
  std::memcpy(tail.data(), floats.data(), 8);
  tail += "xyz" + element("abc") + element("");
  const std::string body = head + tail;
  const V2Request parsed = parse_v2_request(body, head.size());
  CHECK(parsed.inputs[0].floats == floats);
  CHECK(parsed.inputs[1].bytes[0] == 7);
  CHECK(text_of(std::as_bytes(parsed.inputs[2].bytes)) == "xyz");
  CHECK(text_of(parsed.inputs[3].elements[0]) == "abc");
  CHECK(parsed.inputs[3].elements[1].empty());
}

TEST_CASE("a raw request is one picture without JSON", "[v2]") {
  const std::string body = "\xFF\xD8 a picture";
  const V2Request parsed = parse_v2_request(body, 0);
  REQUIRE(parsed.inputs.size() == 1);
  CHECK(parsed.inputs[0].name.empty());
  CHECK(parsed.inputs[0].datatype == V2Datatype::Bytes);
  CHECK(text_of(parsed.inputs[0].elements.at(0)) == body);
}

TEST_CASE("what is no V2 request is refused with the reason", "[v2]") {
  require_refused("", "no JSON");
  require_refused("{", "not JSON");
  require_refused("{\"inputs\":[]} x", "not JSON");
  require_refused("[]", "not an object");
  require_refused("{}", "no \"inputs\"");
  require_refused("{\"inputs\":{}}", "not a list");
  require_refused("{\"inputs\":[1]}", "inputs[0] is not an object");
  require_refused("{\"inputs\":[],\"inputs\":[]}", "twice");
  require_refused("{\"inputs\":[],\"id\":5}", "\"id\"");
  require_refused("{\"inputs\":[{\"name\":5}]}", "\"name\"");
  require_refused("{\"inputs\":[{\"name\":\"a\"}]}", "\"datatype\"");
  require_refused(R"({"inputs":[{"name":"a","name":"a"}]})", "twice");
  require_refused(R"({"inputs":[],"parameters":{"binary_data_output":1}})", "true or false");
  require_refused(R"({"inputs":[],"outputs":[{}]})", "outputs[0]");
  require_refused(R"({"inputs":[],"outputs":[{"name":"p","parameters":{"classification":0}}]})", "classification");
  require_refused(R"({"inputs":[],"outputs":[{"name":"p","parameters":{"classification":-1}}]})", "classification");
  require_refused(R"({"inputs":[],"parameters":[]})", "parameters");
  require_refused(std::string(100, '[') + std::string(100, ']'), "not JSON");
  json many = {{"inputs", json::array()}};
  for (int i = 0; i < 17; ++i) many["inputs"].push_back(input_of("a", "FP32", {1}, {1}));
  require_refused(many.dump(), "more than 16");
}

TEST_CASE("a tensor whose shape or data is wrong is refused with its name", "[v2]") {
  require_refused(body_of(input_of("a", "INT64", {1}, {1})), "not supported");
  require_refused(body_of(input_of("a", "FP32", json::array(), {1})), "empty");
  require_refused(body_of(input_of("a", "FP32", "x", {1})), "\"shape\"");
  for (const json& dimension : {json(0), json(-1), json(1.5), json("2")}) {
    require_refused(body_of(input_of("a", "FP32", json::array({dimension}), {1})), "whole number from 1");
  }
  require_refused(body_of(input_of("a", "FP32", {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1})), "more than 8 dimensions");
  require_refused(body_of(input_of("a", "FP32", {1ULL << 40U, 1ULL << 40U}, {1})), "can be counted");
  require_refused(body_of(input_of("a", "FP32", {3}, {1, 2})), "fewer elements than the 3");
  require_refused(body_of(input_of("a", "FP32", {1}, {1, 2})), "more elements than the 1");
  require_refused(body_of(input_of("a", "FP32", {2, 2}, {{1, 2}, {3}})), "fewer");
  require_refused(body_of(input_of("a", "FP32", {2, 2}, {{1, 2}, 3})), "unevenly");
  require_refused(body_of(input_of("a", "FP32", {2, 2}, {{1, 2}})), "not nested as the shape");
  require_refused(body_of(input_of("a", "FP32", {1, 2}, {{1, 2}, {3, 4}})), "not nested as the shape");
  require_refused(body_of(input_of("a", "FP32", {1}, {"x"})), "element 0");
  require_refused(body_of(input_of("a", "FP32", {1}, {1e300})), "FP32 can hold");
  require_refused(body_of(input_of("a", "UINT8", {1}, {256})), "0 to 255");
  require_refused(body_of(input_of("a", "UINT8", {1}, {-1})), "0 to 255");
  require_refused(body_of(input_of("a", "UINT8", {1}, {1.5})), "0 to 255");
  require_refused(body_of(input_of("a", "BYTES", {1}, {7})), "base64");
  require_refused(body_of(input_of("a", "BYTES", {1}, {"%"})), "not base64");
  require_refused(R"({"inputs":[{"name":"a","datatype":"FP32","shape":[1]}]})", "no list \"data\"");
}

TEST_CASE("binary data that does not fit the body or the shape is refused", "[v2]") {
  const std::string head = body_of(binary_input("FP32", {1}, 4));
  require_error(ErrorCode::InvalidArgument, "needs the header", [&] { parse_v2_request(head, std::nullopt); });
  require_error(ErrorCode::InvalidArgument, "the body has", [&] { parse_v2_request(head, head.size() + 1); });
  require_binary_refused(binary_input("FP32", {1}, 4), "abc", "3 bytes are left");
  require_binary_refused(binary_input("FP32", {1}, 4), "abcde", "belong to no input");
  require_binary_refused(binary_input("FP32", {1}, 3), "abc", "4 bytes each");
  require_binary_refused(binary_input("FP32", {1ULL << 62U}, 0), "", "4 bytes each");
  require_binary_refused(binary_input("FP32", {1}, 4), std::string("\x00\x00\xC0\x7F", 4), "not finite");
  require_binary_refused(binary_input("UINT8", {2}, 3), "abc", "a byte each");
  require_binary_refused(binary_input("BYTES", {1ULL << 60U}, 4), element(""), "cannot hold");
  require_binary_refused(binary_input("BYTES", {2}, 9), element("abcde"), "ends before element 1");
  require_binary_refused(binary_input("BYTES", {1}, 7), element("abc", 4), "said to have 4 bytes");
  require_binary_refused(binary_input("BYTES", {1}, 7), element("abc", 0xFFFFFFFF), "said to have");
  require_binary_refused(binary_input("BYTES", {1}, 7), element("abc", 2), "left behind the last");
  json both = binary_input("UINT8", {1}, 1);
  both["data"] = {1};
  require_binary_refused(both, "a", "both");
  json negative = binary_input("UINT8", {1}, 1);
  negative["parameters"]["binary_data_size"] = -1;
  require_binary_refused(negative, "a", "binary_data_size");
}

TEST_CASE("the JSON's size in the header is a plain number", "[v2]") {
  CHECK(parse_v2_json_size("123") == 123);
  for (const char* text : {"", "-1", "+1", "1 ", "0x10", "1.5", "99999999999999999999999"}) {
    INFO(text);
    require_error(ErrorCode::InvalidArgument, "not a number of bytes", [&] { parse_v2_json_size(text); });
  }
}

}  // namespace animalctl::test
