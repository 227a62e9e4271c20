#include "animalctl/loadtest/request_form.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/loadtest/load_bodies.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::loadtest {
namespace {

using nlohmann::json;
using test::contains;
using test::require_error;

RequestTemplate common(RequestForm form = RequestForm::TorchServe) {
  RequestTemplate result;
  result.url = http::parse_url("http://example.org:8080/predictions/animal?x=1");
  result.form = form;
  return result;
}

struct Taken {
  std::string head;
  std::string body;
  std::string field(const std::string& name) const {
    const std::size_t begin = head.find("\r\n" + name + ": ");
    if (begin == std::string::npos) return "";
    const std::size_t value = begin + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

Taken take_apart(const std::string& request) {
  const std::size_t end = request.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  Taken taken{request.substr(0, end + 2), request.substr(end + 4)};
  if (!taken.field("Content-Length").empty()) CHECK(taken.field("Content-Length") == std::to_string(taken.body.size()));
  return taken;
}

const std::string kPicture("\xFF\xD8\xFF\xE0\0picture", 12);
// `printf '\377\330\377\340\0picture' | base64`
const std::string kPictureBase64 = "/9j/4ABwaWN0dXJl";

TEST_CASE("a picture travels as it is to TorchServe", "[loadtest]") {
  const Taken taken = take_apart(serialise_request(common(), "a.jpg", kPicture));
  CHECK(taken.head.starts_with("POST /predictions/animal?x=1 HTTP/1.1\r\n"));
  CHECK(taken.field("Host") == "example.org:8080");
  CHECK(taken.field("Content-Type") == "image/jpeg");
  CHECK(taken.field("Connection").empty());
  CHECK(taken.body == kPicture);
}

TEST_CASE("the content type follows the first bytes", "[loadtest]") {
  const std::pair<std::string, std::string> cases[] = {{"\x89PNG\r\n\x1A\n...", "image/png"},
                                                       {std::string("RIFF\0\0\0\0WEBP", 12), "image/webp"},
                                                       {"BM......", "image/bmp"},
                                                       {"GIF89a", "application/octet-stream"},
                                                       {"", "application/octet-stream"}};
  for (const auto& [content, type] : cases) {
    INFO(type);
    CHECK(take_apart(serialise_request(common(), "a", content)).field("Content-Type") == type);
  }
}

TEST_CASE("the JSON forms hold the picture in base64", "[loadtest]") {
  const Taken predict = take_apart(serialise_request(common(RequestForm::Predict), "a.jpg", kPicture));
  CHECK(predict.field("Content-Type") == "application/json");
  CHECK(json::parse(predict.body) == json{{"base_64_str", kPictureBase64}});
  const Taken kserve = take_apart(serialise_request(common(RequestForm::KServe), "a.jpg", kPicture));
  CHECK(json::parse(kserve.body)["instances"][0]["b64"] == kPictureBase64);
  const Taken v2 = take_apart(serialise_request(common(RequestForm::V2Json), "a.jpg", kPicture));
  const json input = json::parse(v2.body)["inputs"][0];
  CHECK((input["datatype"] == "BYTES" && input["shape"] == json::array({1}) && input["data"][0] == kPictureBase64));
}

TEST_CASE("long pictures are encoded whole", "[loadtest]") {
  // Above the piece in which the encoder works.
  std::string content;
  for (std::size_t i = 0; content.size() < (std::size_t{7} << 20) + 1; ++i)
    content.push_back(static_cast<char>(i % 251));
  const json body = json::parse(take_apart(serialise_request(common(RequestForm::Predict), "a", content)).body);
  const auto text = body["base_64_str"].get<std::string>();
  CHECK(text.size() == (content.size() + 2) / 3 * 4);
  CHECK(text.find('=') == text.size() - 1 - (content.size() % 3 == 1 ? 1 : 0));
  CHECK(text.find('\0') == std::string::npos);
}

TEST_CASE("the binary form of V2 has a JSON head, a little-endian length and the bytes", "[loadtest]") {
  const std::string content(300, 'x');
  const Taken taken = take_apart(serialise_request(common(RequestForm::V2), "a.jpg", content));
  const std::size_t length = std::stoul(taken.field("Inference-Header-Content-Length"));
  const json input = json::parse(taken.body.substr(0, length))["inputs"][0];
  CHECK((input["datatype"] == "BYTES" && input["parameters"]["binary_data_size"] == 304));
  CHECK(taken.body.substr(length) == std::string("\x2C\x01\0\0", 4) + content);
}

TEST_CASE("an upload is one part with a clean file name", "[loadtest]") {
  const Taken taken = take_apart(serialise_request(common(RequestForm::Upload), "a\"\r\nb.jpg", kPicture));
  const std::string type = taken.field("Content-Type");
  REQUIRE(type.starts_with("multipart/form-data; boundary="));
  const std::string boundary = "--" + type.substr(type.find('=') + 1);
  CHECK(taken.body.starts_with(boundary + "\r\n"));
  CHECK(taken.body.ends_with("\r\n" + boundary + "--\r\n"));
  CHECK(contains(taken.body, "name=\"file\"; filename=\"a___b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + kPicture));
}

TEST_CASE("given headers replace the program's own and a user becomes an authorization", "[loadtest]") {
  RequestTemplate request = common();
  request.url = http::parse_url("http://me:secret@example.org/");
  request.keep_alive = false;
  request.headers = {{"content-type", "image/x-mine"}, {"X-Canary-Key", "7"}};
  const Taken taken = take_apart(serialise_request(request, "a", "bytes"));
  CHECK((taken.field("Content-Type").empty() && taken.field("content-type") == "image/x-mine"));
  CHECK((taken.field("X-Canary-Key") == "7" && taken.field("Connection") == "close"));
  CHECK(taken.field("Authorization") == "Basic bWU6c2VjcmV0");
}

TEST_CASE("a request without files has no body", "[loadtest]") {
  RequestTemplate request = common();
  request.method = "GET";
  const Taken get = take_apart(serialise_request(request));
  CHECK((get.head.starts_with("GET ") && get.field("Content-Length").empty() && get.body.empty()));
  request.method = "POST";
  CHECK(take_apart(serialise_request(request)).field("Content-Length") == "0");
}

TEST_CASE("methods and headers that would break the request are refused", "[loadtest]") {
  for (const std::string method : {"", "GE T", "GET\r\nX: y"}) {
    RequestTemplate request = common();
    request.method = method;
    require_error(ErrorCode::InvalidArgument, "no HTTP method", [&] { (void)serialise_request(request); });
  }
  for (const auto& header : {std::pair<std::string, std::string>{"X", "a\r\nb"}, {"X Y", "a"}, {"", "a"}}) {
    RequestTemplate request = common();
    request.headers = {header};
    require_error(ErrorCode::InvalidArgument, "is no header", [&] { (void)serialise_request(request); });
  }
  RequestTemplate request = common();
  request.headers = {{"Content-length", "3"}};
  require_error(ErrorCode::InvalidArgument, "leave the header out", [&] { (void)serialise_request(request); });
}

TEST_CASE("the words of the forms are read back", "[loadtest]") {
  for (const RequestForm form : all_request_forms()) CHECK(parse_request_form(to_string(form)) == form);
  require_error(ErrorCode::InvalidArgument, "torchserve, v2, v2-json, predict, upload, kserve",
                [] { (void)parse_request_form("tensorflow"); });
}

TEST_CASE("folders stand for all files below them, by path, without hidden ones", "[loadtest]") {
  const test::TemporaryFolder folder;
  for (const std::string name : {"b.jpg", "a/2.jpg", "a/1.jpg", ".hidden", ".git/x"}) {
    write_file_atomic(folder.path() / name, "content of " + name);
  }
  const auto requests = load_requests(common(), {folder.path(), folder.path() / "b.jpg"});
  REQUIRE(requests.size() == 4);
  const std::string expected[] = {"a/1.jpg", "a/2.jpg", "b.jpg", "b.jpg"};
  for (std::size_t i = 0; i < 4; ++i) CHECK(requests[i].ends_with("\r\n\r\ncontent of " + expected[i]));
}

TEST_CASE("missing files and folders without files are named", "[loadtest]") {
  const test::TemporaryFolder folder;
  require_error(ErrorCode::NotFound, "none.jpg", [&] { (void)load_requests(common(), {folder.path() / "none.jpg"}); });
  require_error(ErrorCode::NotFound, "no file below", [&] { (void)load_requests(common(), {folder.path()}); });
}

}  // namespace
}  // namespace animalctl::loadtest
