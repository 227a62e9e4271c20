#include "console/log_stream.h"

#include <fstream>
#include <thread>

#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::console {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::TemporaryFolder;

void append_to(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

LogWait at_once(bool over = false) {
  LogWait wait;
  wait.longest = 0ms;
  wait.is_over = [over] { return over; };
  return wait;
}

TEST_CASE("A log is read in whole lines while its writer works, and to its end afterwards") {
  const TemporaryFolder folder;
  const auto file = folder / "train.log";
  append_to(file, "one\ntwo\nhal");
  LogPart part = read_log(file, 0, at_once(), {});
  CHECK(part.text == "one\ntwo\n");
  CHECK(part.next == 8);
  CHECK_FALSE(part.complete);
  CHECK(read_log(file, part.next, at_once(), {}).text.empty());
  append_to(file, "f\n");
  part = read_log(file, part.next, at_once(), {});
  CHECK(part.text == "half\n");
  append_to(file, "no end");
  part = read_log(file, part.next, at_once(true), {});
  CHECK(part.text == "no end");
  CHECK(part.complete);
}

TEST_CASE("A log that is not there is empty, and one that was replaced is read from its start") {
  const TemporaryFolder folder;
  const auto file = folder / "train.log";
  CHECK(read_log(file, 0, at_once(), {}).text.empty());
  CHECK(read_log(file, 500, at_once(true), {}).complete);
  append_to(file, "new\n");
  const LogPart part = read_log(file, 500, at_once(), {});
  CHECK(part.text == "new\n");
  CHECK(part.next == 4);
}

TEST_CASE("A large log comes in parts, a line larger than a part too") {
  const TemporaryFolder folder;
  const auto file = folder / "train.log";
  append_to(file, std::string(100, 'x') + "\nend\n");
  LogWait wait = at_once();
  wait.most_bytes = 40;
  std::string text;
  std::uint64_t from = 0;
  for (int i = 0; i < 10 && text.size() < 105; ++i) {
    const LogPart part = read_log(file, from, wait, {});
    CHECK(part.text.size() <= 40);
    text += part.text;
    from = part.next;
  }
  CHECK(text == std::string(100, 'x') + "\nend\n");
}

TEST_CASE("Bytes that are no UTF-8 are replaced and still counted") {
  const TemporaryFolder folder;
  const auto file = folder / "train.log";
  append_to(file,
            "a\xff"
            "b\n");
  const LogPart part = read_log(file, 0, at_once(), {});
  CHECK(part.text ==
        "a\xEF\xBF\xBD"
        "b\n");
  CHECK(part.next == 4);
}

TEST_CASE("Waiting for a log ends with something new, with the reader, and with a stop") {
  const TemporaryFolder folder;
  const auto file = folder / "train.log";
  LogWait wait;
  wait.longest = 10s;
  wait.look_every = 1ms;
  std::thread writer([&] { append_to(file, "here\n"); });
  CHECK(read_log(file, 0, wait, {}).text == "here\n");
  writer.join();
  wait.reader_is_there = [] { return false; };
  CHECK(read_log(file, 5, wait, {}).text.empty());
  wait.reader_is_there = {};
  std::stop_source source;
  std::thread stopper([&] { source.request_stop(); });
  CHECK(read_log(file, 5, wait, source.get_token()).text.empty());
  stopper.join();
}

TEST_CASE("Parts of a log are server-sent events") {
  CHECK(log_events({"a\n\"b\"\r\n", 9, false}) == "retry: 500\nevent: log\nid: 9\ndata: \"a\\n\\\"b\\\"\\r\\n\"\n\n");
  CHECK(contains(log_events({"", 9, true}), "event: end\nid: 9\ndata: 9\n\n"));
  CHECK(log_events({"", 9, false}) == "retry: 500\n: nothing new\n\n");
}

}  // namespace
}  // namespace animalctl::console
