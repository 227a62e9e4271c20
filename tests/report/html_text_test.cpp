#include "report/html_text.h"

#include <limits>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"

namespace animalctl {

TEST_CASE("text is safe between tags and inside attributes whatever its bytes") {
  CHECK(escape_html("a<b>\"c\"'d'&e") == "a&lt;b&gt;&quot;c&quot;&#39;d&#39;&amp;e");
  CHECK(escape_html("größer 猫") == "größer 猫");
  CHECK(escape_html("\xff.png") == "\xEF\xBF\xBD.png");
  CHECK(escape_html(std::string_view("a\0b\x1b\x7f", 5)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(escape_html("") == "");
}

TEST_CASE("pictures become data URIs of any length") {
  CHECK(jpeg_data_uri({}) == "data:image/jpeg;base64,");
  CHECK(jpeg_data_uri(as_byte_span("M")) == "data:image/jpeg;base64,TQ==");
  CHECK(jpeg_data_uri(as_byte_span("Man")) == "data:image/jpeg;base64,TWFu");
  CHECK(jpeg_data_uri(as_byte_span("Many")) == "data:image/jpeg;base64,TWFueQ==");
}

TEST_CASE("numbers are written for people") {
  CHECK(percent(0.94231) == "94.23%");
  CHECK(percent(1, 0) == "100%");
  CHECK(percent(std::numeric_limits<double>::quiet_NaN()) == "–");
  CHECK(fixed(0.12345) == "0.1235");
  CHECK(fixed(std::numeric_limits<double>::infinity()) == "–");
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1234567) == "1,234,567");
}

}  // namespace animalctl
