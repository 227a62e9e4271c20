#include "animalctl/base/json.h"

#include <string>

#include <nlohmann/json.hpp>

#include "support/catch_compat.h"

namespace animalctl {
namespace {

using test::require_error;

TEST_CASE("JSON text becomes the value it describes") {
  const nlohmann::json parsed = parse_json(R"({"label":"DOG","score":0.93,"version":2,"tags":[true,null]})", "a.json");
  CHECK(parsed.at("label").get<std::string>() == "DOG");
  CHECK(parsed.at("score").get<double>() == 0.93);
  CHECK(parsed.at("version").get<int>() == 2);
  CHECK(parsed.at("tags").size() == 2);
  CHECK(parse_json("7", "a.json").get<int>() == 7);
}

TEST_CASE("text that is not JSON is refused with its origin and place") {
  for (const char* text : {"", "   ", "{", "{\"a\":1,}", "[1 2]", "nul", "{'a':1}", "{} {}", "\"\xFF\"", "NaN"}) {
    INFO("text: " << text);
    require_error(ErrorCode::DataLoss, "a.json is not JSON", [&] { (void)parse_json(text, "a.json"); });
  }
  require_error(ErrorCode::DataLoss, "byte 4", [] { (void)parse_json("[1 2]", "a.json"); });
}

TEST_CASE("a number that no double can hold is refused") {
  require_error(ErrorCode::DataLoss, "a.json", [] { (void)parse_json("[1e999]", "a.json"); });
}

TEST_CASE("a key that stands twice in one object is refused and in two objects is not") {
  require_error(ErrorCode::DataLoss, "\"label\"",
                [] { (void)parse_json(R"({"label":"CAT","x":{},"label":"DOG"})", "a.json"); });
  require_error(ErrorCode::DataLoss, "\"b\"", [] { (void)parse_json(R"({"a":[{"b":1,"b":1}]})", "a.json"); });
  CHECK(parse_json(R"([{"a":1},{"a":2},{"b":{"a":3},"a":4}])", "a.json").size() == 3);
}

TEST_CASE("JSON nested too deep is refused without exhausting the stack") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json(nested(100), "a.json").is_array());
  require_error(ErrorCode::DataLoss, "deeper than 100", [&] { (void)parse_json(nested(102), "a.json"); });
  require_error(ErrorCode::DataLoss, "deeper than 100", [] { (void)parse_json(std::string(1 << 20, '['), "a.json"); });
}

}  // namespace
}  // namespace animalctl
