#include "animalctl/http/multipart.h"

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using http::parse_multipart;
using http::Part;

const std::string kForm = "Content-Disposition: form-data; ";

std::string part(const std::string& head, const std::string& content) {
  return "--b\r\n" + head + "\r\n\r\n" + content + "\r\n";
}

void refused(const std::string& body, const std::string& why, const http::MultipartLimits& limits = {}) {
  INFO(body);
  require_error(ErrorCode::InvalidArgument, why, [&] { parse_multipart(body, "b", limits); });
}

TEST_CASE("a form with a field and a file is split into its parts", "[http]") {
  const std::string image("\x89PNG\r\n\x1a\n\0--b\r\n--", 17);
  const std::string body =
      part(kForm + "name=\"note\"", "two\r\nlines") +
      part("content-type: image/png\r\nCONTENT-DISPOSITION:form-data;filename=\"a \\\"b\\\".png\" ; name=file", image) +
      part(kForm + "name=\"\"; filename=\"\"", "") + "--b--\r\nepilogue";
  const std::vector<Part> parts = parse_multipart(body, "b");
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].name == "note");
  CHECK(parts[0].content == "two\r\nlines");
  CHECK(parts[0].filename.empty());
  CHECK(parts[1].name == "file");
  CHECK(parts[1].filename == "a \"b\".png");
  CHECK(parts[1].content_type == "image/png");
  CHECK(parts[1].content == image);
  CHECK(parts[2].name.empty());
  CHECK(parts[2].content.empty());
}

TEST_CASE("text before the first delimiter and white space behind one are ignored", "[http]") {
  const std::vector<Part> parts = parse_multipart("preamble\r\n--b \t\r\n" + kForm + "name=a\r\n\r\nx\r\n--b--", "b");
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].content == "x");
  CHECK(parse_multipart("--b--\r\n", "b").empty());
}

TEST_CASE("a path in a file name keeps its backslashes", "[http]") {
  const std::string body = part(kForm + R"(name="f"; filename="C:\new\a.png")", "x") + "--b--";
  CHECK(parse_multipart(body, "b").at(0).filename == R"(C:\new\a.png)");
}

TEST_CASE("broken multipart bodies are refused, each with its reason", "[http]") {
  const std::string good = part(kForm + "name=a", "x");
  refused("", "boundary");
  refused("no delimiter at all", "boundary");
  refused(good, "last boundary is missing");
  refused(good.substr(0, good.size() - 3), "last boundary is missing");
  refused("--bx\r\n", "neither `--` nor a line end");
  refused("--b", "neither `--` nor a line end");
  refused("--b\n" + kForm + "name=a\n\nx\n--b--", "neither `--` nor a line end");
  refused("--b\r\n\r\nx\r\n--b--", "has no name");
  refused("--b\r\n\r\n--b--", "has no name");
  refused(part("Content-Type: text/plain", "x") + "--b--", "has no name");
  refused(part(kForm + "filename=a", "x") + "--b--", "has no name");
  refused(part("Content-Disposition: attachment; name=a", "x") + "--b--", "not form-data");
  refused(part(kForm + "name=\"a", "x") + "--b--", "no parameters");
  refused(part("Content-Disposition: form-data, name=a", "x") + "--b--", "not form-data");
  refused(part("no colon", "x") + "--b--", "has no name; a field");
  refused(part(": empty name", "x") + "--b--", "has no name; a field");
  refused(part(kForm + "name=a\nX: y", "x") + "--b--", "bare CR, LF or NUL");
  refused(part(kForm + std::string("name=a\0", 7), "x") + "--b--", "bare CR, LF or NUL");
  refused("--b\r\n" + kForm + "name=a", "no blank line");
}

TEST_CASE("limits of a multipart body hold to the byte", "[http]") {
  http::MultipartLimits limits;
  limits.max_parts = 2;
  const std::string one = part(kForm + "name=a", "x");
  CHECK(parse_multipart(one + one + "--b--", "b", limits).size() == 2);
  refused(one + one + one + "--b--", "more than 2 parts", limits);
  const std::string head = kForm + "name=a";
  limits.max_part_head_bytes = head.size();
  CHECK(parse_multipart(one + "--b--", "b", limits).size() == 1);
  limits.max_part_head_bytes = head.size() - 1;
  refused(one + "--b--", "no blank line", limits);
  const std::string huge = part(kForm + "name=\"" + std::string(1 << 20, 'a') + "\"", "x") + "--b--";
  refused(huge, "no blank line");
}

TEST_CASE("a boundary has 1 to 70 characters and no line end", "[http]") {
  for (const std::string& boundary : {std::string(), std::string(71, 'b'), std::string("a\r\nb")}) {
    require_error(ErrorCode::InvalidArgument, "no boundary of 1 to 70", [&] { parse_multipart("--b--", boundary); });
  }
  CHECK(parse_multipart("--" + std::string(70, 'b') + "--", std::string(70, 'b')).empty());
}

}  // namespace
}  // namespace animalctl::test
