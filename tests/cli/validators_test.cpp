#include "cli/validators.h"

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

// What the validator says of a text; "" when it accepts.
std::string complaint(const CLI::Validator& validator, std::string text) {
  return validator(text);
}

}  // namespace

TEST_CASE("numbers outside their range, texts and non-finite numbers are refused with what is accepted") {
  CHECK(complaint(cli::number_above(0), "0.1").empty());
  CHECK(contains(complaint(cli::number_above(0), "0"), "a number above 0"));
  for (const char* text : {"nan", "inf", "-inf", "abc", "", "1x", "1e999"}) {
    INFO(text);
    CHECK(contains(complaint(cli::number_from(0), text), "a number of at least 0"));
  }
  CHECK(complaint(cli::number_between(0, 1), "1").empty());
  CHECK(contains(complaint(cli::number_between(0, 1), "1.5"), "a number from 0 to 1"));
  CHECK(complaint(cli::integer_between(1, 5), "+5").empty());
  CHECK(contains(complaint(cli::integer_between(1, 5), "-1"), "a whole number from 1 to 5"));
  CHECK(contains(complaint(cli::integer_between(1, 5), "2.5"), "a whole number"));
  CHECK(complaint(cli::one_of({"sgd", "adam"}), "adam").empty());
  CHECK(contains(complaint(cli::one_of({"sgd", "adam"}), "Adam"), "one of sgd, adam"));
}

TEST_CASE("class lists are trimmed, upper-cased, distinct and have at least two names") {
  CHECK(cli::parse_classes("cat, dog") == std::vector<std::string>{"CAT", "DOG"});
  require_error(ErrorCode::InvalidArgument, "at least two", [] { cli::parse_classes("cat"); });
  require_error(ErrorCode::InvalidArgument, "a name of its own", [] { cli::parse_classes("cat,CAT"); });
  require_error(ErrorCode::InvalidArgument, "a name of its own", [] { cli::parse_classes("cat,,dog"); });
}

}  // namespace animalctl::test
