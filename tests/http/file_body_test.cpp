// Bodies that stand in a file.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>

#include "animalctl/base/file.h"
#include "http/test_server.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

class FileServer {
 public:
  explicit FileServer(std::size_t bytes) : content_(bytes, '\0'), promised_(bytes) {
    for (std::size_t i = 0; i < bytes; ++i) content_[i] = static_cast<char>(i * 31 + i / 251);
    write_file_atomic(folder_ / "file", content_);
  }

  const std::string& content() const { return content_; }
  HttpClient connect() const { return server_.connect(); }
  http::Server& server() { return *server_; }
  // How many bytes the answer promises; by default what there are.
  void promise(std::uint64_t bytes) { promised_ = bytes; }

 private:
  http::Response send(const http::Request&) const {
    http::Response response;
    response.content_type = "image/png";
    response.file = std::make_shared<const http::FileBody>(::open((folder_ / "file").c_str(), O_RDONLY | O_CLOEXEC),
                                                           promised_.load());
    return response;
  }

  TemporaryFolder folder_;
  std::string content_;
  std::atomic<std::uint64_t> promised_;
  TestServer server_{[this](const http::Request& request) { return send(request); }};
};

TEST_CASE("a file is sent whole, and the connection stays open", "[http]") {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{262'144}, std::size_t{1'000'003}}) {
    FileServer files(bytes);
    HttpClient client = files.connect();
    for (int i = 0; i < 3; ++i) {
      const HttpAnswer answer = client.get("/");
      REQUIRE(answer.status == 200);
      REQUIRE(answer.header("Content-Length") == std::to_string(bytes));
      REQUIRE(answer.body == files.content());
    }
  }
}

TEST_CASE("HEAD of a file tells its length and sends none of it", "[http]") {
  FileServer files(300'000);
  HttpClient client = files.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.read_answer(true).header("Content-Length") == "300000");
  CHECK(client.get("/").body.size() == 300'000);
}

TEST_CASE("a file that is shorter than it was ends the connection", "[http]") {
  FileServer files(1000);
  files.promise(2000);
  HttpClient client = files.connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string all = client.read_to_end();
  CHECK(contains(all, "Content-Length: 2000"));
  CHECK(all.ends_with(files.content()));
  CHECK(eventually([&] { return files.server().statistics().active_requests == 0; }));
  // The server goes on.
  files.promise(1000);
  CHECK(files.connect().get("/").body == files.content());
}

}  // namespace
}  // namespace animalctl::test
