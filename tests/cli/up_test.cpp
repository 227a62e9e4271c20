#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "cli/await_archive.h"
#include "cli/up_output.h"
#include "cli/up_parts.h"
#include "cli/up_ports.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::cli {
namespace {

using test::contains;
using test::require_error;
using test::TemporaryFolder;

std::string command_line(const process::Part& part) {
  std::string text;
  for (const std::string& argument : part.options.arguments) text += argument + " ";
  return text;
}

TEST_CASE("up gives each part its addresses, and what all share") {
  UpSettings settings;
  settings.workspace = "/site";
  settings.host = "0.0.0.0";
  settings.interval = "30s";
  settings.classes = "cat,dog,horse";
  settings.no_tokens = true;
  settings.settings_file = "/etc/animalctl.toml";
  settings.log_format = "json";
  const std::vector<process::Part> parts = up_parts(settings, "/bin/animalctl");
  REQUIRE(parts.size() == 3);
  CHECK(command_line(parts[0]) ==
        "/bin/animalctl label-server --log-level info --log-format json --config /etc/animalctl.toml --host 0.0.0.0 "
        "--port 3000 --api-port 3001 --predict-url http://127.0.0.1:8000 --classes cat,dog,horse --no-tokens ");
  CHECK(command_line(parts[1]) ==
        "/bin/animalctl serve --log-level info --log-format json --config /etc/animalctl.toml --model-store "
        "model_store --models all --no-config-snapshots --enable-model-api --inference-address http://0.0.0.0:8080 "
        "--management-address http://0.0.0.0:8081 --metrics-address http://0.0.0.0:8082 --prediction-host 0.0.0.0 "
        "--prediction-port 8000 --review-images data/cats_and_dogs/frames --disable-token-auth ");
  CHECK(contains(command_line(parts[2]), "/bin/animalctl orchestrate --log-level info --log-format json"));
  CHECK(
      contains(command_line(parts[2]), "--metrics-url http://127.0.0.1:8082 --classes cat,dog,horse --interval 30s "));
  for (const process::Part& part : parts) CHECK(part.options.folder == "/site");
  CHECK(parts[1].await);
  CHECK_FALSE(parts[0].await);
}

// What is written to a stream while it lives.
class Written {
 public:
  Written() : stream_(::open_memstream(&text_, &size_)) {}
  ~Written() {
    std::fclose(stream_);
    std::free(text_);
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  std::FILE* stream() const { return stream_; }
  std::string text() const {
    std::fflush(stream_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

TEST_CASE("of what a part prints only its line of readiness becomes links; all else is its log") {
  Written out;
  Written log;
  UpOutput output(false, log::Format::Text, 11, out.stream(), log.stream());
  // A part once ended `up` by printing a line that is no JSON.
  for (const char* line : {"run-000001 is promoted", "[1,2]", "{broken", "{}", R"({"ready":"yes"})", ""}) {
    output.line("orchestrate", false, line);
  }
  output.line("serve", true, R"({"ready":true,"prediction":"http://127.0.0.1:1"})");
  CHECK(out.text().empty());
  CHECK(log.text() ==
        "orchestrate | run-000001 is promoted\norchestrate | [1,2]\norchestrate | {broken\norchestrate | {}\n"
        "orchestrate | {\"ready\":\"yes\"}\norchestrate | \n"
        "serve       | {\"ready\":true,\"prediction\":\"http://127.0.0.1:1\"}\n");
  output.line("serve", false, R"({"ready":true,"prediction":"http://127.0.0.1:1"})");
  CHECK(out.text() == "Ask the model:              http://127.0.0.1:1\n");
}

TEST_CASE("up leaves out what it is told to") {
  UpSettings settings;
  settings.serve = false;
  settings.orchestrate = false;
  const std::vector<process::Part> parts = up_parts(settings, "animalctl");
  REQUIRE(parts.size() == 1);
  CHECK_FALSE(contains(command_line(parts[0]), "--predict-url"));
  CHECK_FALSE(contains(command_line(parts[0]), "--no-tokens"));
}

TEST_CASE("A free port is found for each 0, all different") {
  int first = 0;
  int second = 0;
  settle_ports("127.0.0.1", {{"--a", "a", &first}, {"--b", "b", &second}});
  CHECK(first > 0);
  CHECK(second > 0);
  CHECK(first != second);
}

TEST_CASE("Ports in use, doubled ports and hosts that are none are refused by name") {
  const int other = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(::listen(other, 1) == 0);  // without bind(): the kernel chooses a port, on all addresses
  sockaddr_in name{};
  socklen_t size = sizeof name;
  REQUIRE(::getsockname(other, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  int used = ntohs(name.sin_port);
  const std::string text = std::to_string(used);
  require_error(ErrorCode::Unavailable, "port " + text + " of the page (--port) is in use", [&] {
    settle_ports("127.0.0.1", {{"--port", "the page", &used}});
  });
  ::close(other);
  settle_ports("127.0.0.1", {{"--port", "the page", &used}});
  int same = used;
  require_error(ErrorCode::InvalidArgument, "--a and --b are both " + text, [&] {
    settle_ports("127.0.0.1", {{"--a", "a", &used}, {"--b", "b", &same}});
  });
  require_error(ErrorCode::InvalidArgument, "--host", [&] { settle_ports("no host", {{"--a", "a", &used}}); });
}

TEST_CASE("Addresses are written as URLs need them") {
  CHECK(host_and_port("127.0.0.1", 80) == "127.0.0.1:80");
  CHECK(host_and_port("::1", 80) == "[::1]:80");
  CHECK(reachable_host("0.0.0.0") == "127.0.0.1");
  CHECK(reachable_host("::") == "::1");
  CHECK(reachable_host("10.0.0.1") == "10.0.0.1");
}

TEST_CASE("A first archive is waited for, and nothing else") {
  const TemporaryFolder store;
  CHECK_FALSE(has_archive(store.path()));
  CHECK_FALSE(has_archive(store / "missing"));
  auto found = std::async(std::launch::async, [&] { return await_archive(store.path(), {}); });
  write_file_atomic(store / "readme.txt", std::string_view("no archive"));
  write_file_atomic(store / ".new.mar", std::string_view("being written"));
  CHECK_FALSE(has_archive(store.path()));
  CHECK(found.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  write_file_atomic(store / "animal.mar", std::string_view("archive"));
  REQUIRE(found.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  CHECK(found.get());
  CHECK(has_archive(store.path()));
}

TEST_CASE("A first archive is found in a folder that was replaced while it was waited for") {
  const TemporaryFolder folder;
  create_folders(folder / "store");
  auto found = std::async(std::launch::async, [&] { return await_archive(folder / "store", {}); });
  CHECK(found.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  std::filesystem::rename(folder / "store", folder / "away");
  create_folders(folder / "store");
  write_file_atomic(folder / "store" / "animal.mar", std::string_view("archive"));
  REQUIRE(found.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(found.get());
}

TEST_CASE("Waiting for an archive ends with a stop") {
  const TemporaryFolder store;
  std::stop_source source;
  auto found = std::async(std::launch::async, [&] { return await_archive(store.path(), source.get_token()); });
  source.request_stop();
  REQUIRE(found.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  CHECK_FALSE(found.get());
}

}  // namespace
}  // namespace animalctl::cli
