#include <set>

#include "animalctl/base/file.h"
#include "cli/command.h"
#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("every subcommand has help for each flag, an end-to-end test and a section in the README") {
  const std::string readme = read_text_file(std::filesystem::path(ANIMALCTL_TESTS_DIR).parent_path() / "README.md");
  std::string tests;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(ANIMALCTL_TESTS_DIR) / "e2e")) {
    if (entry.path().extension() == ".py") tests += read_text_file(entry.path());
  }
  std::set<std::string> names;
  for (const cli::CommandRow& row : cli::command_table()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    if (*row.seed_name != '\0') CHECK(names.insert(row.seed_name).second);
    CHECK(std::string(row.summary).size() > 10);
    CHECK(contains(readme, std::string("### `") + row.name));
    CHECK(contains(tests, std::string("\"") + row.name + "\""));
    CLI::App app;
    const auto command = row.make();
    command->declare(app);
    for (const CLI::Option* option : app.get_options()) {
      INFO(option->get_name());
      CHECK_FALSE(option->get_description().empty());
    }
  }
}

}  // namespace animalctl::test
