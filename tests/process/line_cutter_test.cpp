#include "process/line_cutter.h"

#include <vector>

#include "support/catch_compat.h"

namespace animalctl::process {
namespace {

std::vector<std::string> cut(const std::vector<std::string>& pieces) {
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  LineCutter cutter;
  for (const std::string& piece : pieces) cutter.add(piece, keep);
  cutter.finish(keep);
  return lines;
}

TEST_CASE("Lines are the same however the bytes come") {
  const std::string text = "one\n\ntwo\r\nthree";
  const std::vector<std::string> expected = {"one", "", "two", "three"};
  CHECK(cut({text}) == expected);
  for (std::size_t i = 0; i <= text.size(); ++i) CHECK(cut({text.substr(0, i), text.substr(i)}) == expected);
}

TEST_CASE("A line without end comes in pieces of a bounded size") {
  const std::string endless(3 * LineCutter::kLongest + 5, 'x');
  const std::vector<std::string> lines = cut({endless.substr(0, 100), endless.substr(100), "\nnext\n"});
  REQUIRE(lines.size() == 5);
  for (std::size_t i = 0; i < 3; ++i) CHECK(lines[i].size() == LineCutter::kLongest);
  CHECK(lines[3] == "xxxxx");
  CHECK(lines[4] == "next");
}

TEST_CASE("A line that is just as long as the limit is whole") {
  const std::vector<std::string> lines = cut({std::string(LineCutter::kLongest, 'x') + "\n" + "y\n"});
  REQUIRE(lines.size() >= 2);
  CHECK(lines.front().size() == LineCutter::kLongest);
  CHECK(lines.back() == "y");
}

}  // namespace
}  // namespace animalctl::process
