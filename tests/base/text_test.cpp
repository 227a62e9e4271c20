#include "animalctl/base/text.h"

#include <limits>
#include <string>
#include <vector>

#include "support/catch_compat.h"

namespace animalctl {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("letters change case and all other bytes stay") {
  CHECK(to_lower("CAT.Jpg_Z@[`{") == "cat.jpg_z@[`{");
  CHECK(to_upper("dog.Png_a@[`{") == "DOG.PNG_A@[`{");
  CHECK(to_lower("\xC3\x84") == "\xC3\x84");
  CHECK(to_upper("").empty());
}

TEST_CASE("trimming removes white space at both ends only") {
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \n").empty());
  CHECK(trim("").empty());
}

TEST_CASE("splitting keeps empty parts") {
  CHECK(split("a,,b", ',') == Words{"a", "", "b"});
  CHECK(split("", ',') == Words{""});
  CHECK(split(",", ',') == Words{"", ""});
  CHECK(split("abc", ',') == Words{"abc"});
}

TEST_CASE("numbers are written as Python's repr writes them") {
  CHECK(python_float(0) == "0.0");
  CHECK(python_float(-0.0) == "-0.0");
  CHECK(python_float(1) == "1.0");
  CHECK(python_float(0.374296) == "0.374296");
  CHECK(python_float(0.1 + 0.2) == "0.30000000000000004");
  CHECK(python_float(0.0001) == "0.0001");
  CHECK(python_float(0.00001) == "1e-05");
  CHECK(python_float(1.25e-7) == "1.25e-07");
  CHECK(python_float(123456789012345.0) == "123456789012345.0");
  CHECK(python_float(9999999999999998.0) == "9999999999999998.0");
  CHECK(python_float(1e16) == "1e+16");
  CHECK(python_float(1.5e300) == "1.5e+300");
  CHECK(python_float(5e-324) == "5e-324");
  CHECK(python_float(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(python_float(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(python_float(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("a misspelt word finds its nearest neighbour") {
  const Words commands{"train", "evaluate", "validate", "infer", "dataset-split"};
  CHECK(nearest_spelling("trian", commands) == "train");
  CHECK(nearest_spelling("tran", commands) == "train");
  CHECK(nearest_spelling("evalute", commands) == "evaluate");
  CHECK(nearest_spelling("validated", commands) == "validate");
  CHECK(nearest_spelling("dataset_split", commands) == "dataset-split");
  CHECK(nearest_spelling("infer", commands) == "infer");
}

TEST_CASE("a word that is near to nothing finds nothing") {
  const Words commands{"train", "evaluate"};
  CHECK_FALSE(nearest_spelling("orchestrate-all", commands).has_value());
  CHECK_FALSE(nearest_spelling("train", Words{}).has_value());
}

TEST_CASE("sizes are written with the unit that fits") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(1023) == "1023 B");
  CHECK(human_bytes(1536) == "1.5 KiB");
  CHECK(human_bytes(3.0 * 1024 * 1024) == "3.0 MiB");
  CHECK(human_bytes(5e15) == "4547.5 TiB");
}

}  // namespace
}  // namespace animalctl
