// The download against cpp-httplib's own server: its headers and its shared object must agree (compat/httplib.h), and
// its way to serve ranges is one that we did not write.
#include "compat/httplib.h"
#include "http/download_fixture.h"

namespace animalctl::test {
namespace {

class ListenedFileServer {
 public:
  explicit ListenedFileServer(const std::string& content) {
    server_.Get("/file", [&content](const httplib::Request&, httplib::Response& response) {
      response.set_header("ETag", "\"one\"");
      response.set_content(content, "application/octet-stream");
    });
    server_.Get("/moved", [](const httplib::Request&, httplib::Response& response) { response.set_redirect("/file"); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~ListenedFileServer() {
    server_.stop();
    thread_.join();
  }
  ListenedFileServer(const ListenedFileServer&) = delete;
  ListenedFileServer& operator=(const ListenedFileServer&) = delete;

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("cpp-httplib's own server is downloaded from, redirected and resumed") {
  DownloadFixture fixture;
  const ListenedFileServer server(fixture.content);
  CHECK(fixture.run(server.url("/moved")).resumed_from == 0);
  CHECK(fixture.downloaded() == fixture.content);
  std::filesystem::remove(fixture.request.target);
  write_file_atomic(fixture.part(), fixture.content.substr(0, 99'999));
  write_file_atomic(fixture.origin(), "{\"url\": \"" + server.url("/file") + "\", \"validator\": \"\\\"one\\\"\"}");
  CHECK(fixture.run(server.url("/file")).resumed_from == 99'999);
  CHECK(fixture.downloaded() == fixture.content);
  require_error(ErrorCode::NotFound, "no such file", [&] { fixture.run(server.url("/gone")); });
}

}  // namespace animalctl::test
