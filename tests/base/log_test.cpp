#include "animalctl/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

// What `action` logs under these settings, taken from file descriptor 2 as a user's shell would.
template <typename Action>
std::string logged(const log::Settings& settings, Action&& action) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "stderr").string();
  const log::Settings before = log::settings();
  std::fflush(stderr);
  const int saved = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ::dup2(file, STDERR_FILENO);
  log::configure(settings);
  action();
  std::fflush(stderr);
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(file);
  log::configure(before);
  return read_text_file(path);
}

void log_every_level() {
  log::debug("d");
  log::info("i");
  log::warning("w");
  log::error("e");
}

TEST_CASE("a text line shows level, message and fields") {
  const std::string text = logged({}, [] {
    log::warning("skipped", {{"file", "a.png"}, {"count", 3}, {"share", 0.25}});
  });
  CHECK(text == "warning: skipped file=a.png count=3 share=0.25\n");
}

TEST_CASE("levels below the chosen one stay silent") {
  const auto lines = [](log::Level level) {
    return split(logged({level, log::Format::Json}, log_every_level), '\n').size() - 1;
  };
  CHECK(lines(log::Level::Debug) == 4);
  CHECK(lines(log::Level::Info) == 3);
  CHECK(lines(log::Level::Warning) == 2);
  CHECK(lines(log::Level::Error) == 1);
  CHECK(lines(log::Level::Off) == 0);
}

TEST_CASE("a JSON line is one object with time, level, message and fields") {
  const std::string text = logged({log::Level::Info, log::Format::Json}, [] {
    log::error("line\nbreak {} %v", {{"file", std::string("a \"b\"")},
                                     {"big", std::numeric_limits<std::uint64_t>::max()},
                                     {"small", std::numeric_limits<std::int64_t>::min()},
                                     {"half", 0.5}});
  });
  REQUIRE(split(text, '\n').size() == 2);
  const auto line = nlohmann::json::parse(text);
  CHECK(line.at("level").get<std::string>() == "error");
  CHECK(line.at("message").get<std::string>() == "line\nbreak {} %v");
  CHECK(line.at("file").get<std::string>() == "a \"b\"");
  CHECK(line.at("big").get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
  CHECK(line.at("small").get<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
  CHECK(line.at("half").get<double>() == 0.5);
  // 2024-05-06T07:08:09.123Z
  const auto time = line.at("time").get<std::string>();
  CHECK(time.size() == 24);
  CHECK(time.back() == 'Z');
}

TEST_CASE("a JSON line stays JSON for names that are not UTF-8 and for numbers JSON does not know") {
  const std::string text = logged({log::Level::Info, log::Format::Json}, [] {
    log::info("bytes \xFF", {{"file", "\xC3("},
                             {"loss", std::numeric_limits<double>::quiet_NaN()},
                             {"bound", std::numeric_limits<double>::infinity()}});
  });
  INFO(text);
  const auto line = nlohmann::json::parse(text, nullptr, false);
  REQUIRE_FALSE(line.is_discarded());
  CHECK(line.contains("loss"));
  CHECK(line.contains("bound"));
}

}  // namespace
}  // namespace animalctl
