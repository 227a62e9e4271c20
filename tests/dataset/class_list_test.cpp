#include "animalctl/dataset/class_list.h"

#include "support/catch_compat.h"

using namespace animalctl;

TEST_CASE("class names are kept in upper case and found in any letter case") {
  const ClassList classes{"cat", " Dog "};
  CHECK(classes.names() == std::vector<std::string>{"CAT", "DOG"});
  CHECK(classes.index_of("Cat") == 0);
  CHECK(classes.index_of("DOG") == 1);
  CHECK(classes.index_of("dogs") == std::nullopt);
  CHECK(classes.index_of("") == std::nullopt);
  CHECK(classes.name(1) == "DOG");
  CHECK(classes.size() == 2);
  CHECK(classes.joined() == "CAT, DOG");
}

TEST_CASE("a list of classes with fewer than two, empty or repeated names is refused") {
  test::require_error(ErrorCode::InvalidArgument, "at least two", [] { ClassList{"cat"}; });
  test::require_error(ErrorCode::InvalidArgument, "at least two", [] { ClassList{}; });
  test::require_error(ErrorCode::InvalidArgument, "empty name", [] { ClassList{"cat", " "}; });
  test::require_error(ErrorCode::InvalidArgument, "has CAT twice", [] { ClassList{"cat", "dog", "CAT"}; });
}
