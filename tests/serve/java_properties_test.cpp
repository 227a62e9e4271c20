#include "serve/java_properties.h"

#include <algorithm>

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using serve::format_property;
using serve::parse_properties;

std::string value_of(std::string_view text) {
  const auto properties = parse_properties(text, "x.properties");
  REQUIRE(properties.size() == 1);
  return properties.front().value;
}

}  // namespace

TEST_CASE("properties are read as Java reads them", "[serve]") {
  const auto all = parse_properties(
      "# comment\n! comment\n\n  a = 1\r\nb:2\rc 3\nd\n e\\ f\\:g = x y \nlong=one,\\\n   two,\\\n\tthree\n", "p");
  REQUIRE(all.size() == 6);
  CHECK(all[0] == serve::Property{"a", "1"});
  CHECK(all[0].line == 4);
  CHECK(all[1] == serve::Property{"b", "2"});
  CHECK(all[2] == serve::Property{"c", "3"});
  CHECK(all[3] == serve::Property{"d", ""});
  CHECK(all[4] == serve::Property{"e f:g", "x y "});
  CHECK(all[5] == serve::Property{"long", "one,two,three"});
}

TEST_CASE("escapes of properties are undone", "[serve]") {
  CHECK(value_of("a=\\t\\n\\r\\f\\q\\\\") == "\t\n\r\fq\\");
  CHECK(value_of("a=\\u0041\\u00e9\\u20AC") == "A\xC3\xA9\xE2\x82\xAC");
  CHECK(value_of("a=\\uD83D\\uDE00") == "\xF0\x9F\x98\x80");
  CHECK(value_of("a=b\\") == "b");
}

TEST_CASE("JSON may stand over several lines", "[serve]") {
  const auto all = parse_properties("m={\n  \"a\":{\"}\":1,\n  }\n}\nb=2\n", "p");
  REQUIRE(all.size() == 2);
  CHECK(all[0].value == "{\"a\":{\"}\":1,}}");
  CHECK(all[1].key == "b");
}

TEST_CASE("properties that are damaged name their line", "[serve]") {
  for (const std::string text : {"a=1\nb=\\u12", "a=1\nb=\\uD83D", "a=1\nb=\\uDE00", "a=1\nb=\\u0000", "a=1\nb={\n"}) {
    INFO(text);
    require_error(ErrorCode::DataLoss, "p line 2", [&] { parse_properties(text, "p"); });
  }
  // Also on a line that goes on with another's value.
  for (const std::string text : {"a=\1b", "a=b\\\n\1", "a={\n\1}", "#\1"}) {
    std::string with_nul = text;
    std::replace(with_nul.begin(), with_nul.end(), '\1', '\0');
    require_error(ErrorCode::DataLoss, "NUL", [&] { parse_properties(with_nul, "p"); });
  }
}

TEST_CASE("a written property is read back the same", "[serve]") {
  for (const std::string text : {"", " a", "a b", "=:#!", "#x", "\\", "{", "{\"a\":1}", "\t\n\r\f", "\xC3\xA9", "a "}) {
    INFO(text);
    const auto key_and_value = parse_properties(format_property("k" + text, text), "p");
    REQUIRE(key_and_value.size() == 1);
    CHECK(key_and_value.front() == serve::Property{"k" + text, text});
  }
}

}  // namespace animalctl::test
