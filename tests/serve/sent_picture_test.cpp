#include "serve/sent_picture.h"

#include <functional>

#include "serve/answer.h"
#include "support/catch_compat.h"

namespace animalctl::serve {
namespace {

using animalctl::test::contains;

http::Request request_of(std::string body, const char* content_type = "application/json") {
  http::Request request;
  request.method = "POST";
  request.body = std::move(body);
  if (content_type != nullptr) request.headers = {{"Content-Type", content_type}};
  return request;
}

std::string sent(std::string body, const char* content_type = "application/json") {
  const http::Request request = request_of(std::move(body), content_type);
  return std::string(SentPicture::of_predict(request).bytes());
}

void refused(int status, const char* part, const std::function<void()>& action) {
  try {
    action();
  } catch (const ApiError& error) {
    INFO(error.message());
    CHECK(error.status() == status);
    CHECK(contains(error.message(), part));
    return;
  }
  FAIL("not refused; expected: " << part);
}

TEST_CASE("a picture is taken from JSON in every form that JSON has", "[prediction]") {
  CHECK(sent(R"({"base_64_str":"aGVsbG8="})") == "hello");
  CHECK(sent(" {\n \"base_64_str\" : \"aGVsbG8=\" }\r\n") == "hello");
  CHECK(sent(R"({"base_64_str":"data:image/png;base64,aGVsbG8="})") == "hello");
  CHECK(sent(R"({"base_64_str":"aGVs\nbG8=\n"})") == "hello");                 // lines of the program base64
  CHECK(sent(R"({"base_64_str":"aG\u0056sbG8\/"})").substr(0, 5) == "hello");  // escapes of JSON
  CHECK(sent(R"({"name":"x","base_64_str":"aGVsbG8="})") == "hello");
  CHECK(sent(R"({"base_64_str":"aGVsbG8="})", nullptr) == "hello");
  CHECK(sent(R"({"base_64_str":"aGVsbG8="})", "application/x-www-form-urlencoded") == "hello");
  CHECK(sent(R"({"base_64_str":"aGVsbG8="})", "Application/JSON; charset=utf-8") == "hello");
}

TEST_CASE("a picture may be sent as it is, and is not copied", "[prediction]") {
  const http::Request request = request_of("bytes", "image/jpeg");
  const SentPicture picture = SentPicture::of_predict(request);
  CHECK(picture.bytes().data() == request.body.data());
  CHECK(*picture.shared() == "bytes");
  CHECK(sent("bytes", "application/octet-stream") == "bytes");
  const http::Request json = request_of(R"({"base_64_str":"aGVsbG8="})");
  const SentPicture decoded = SentPicture::of_predict(json);
  CHECK(decoded.shared()->data() == decoded.bytes().data());
}

TEST_CASE("what holds no picture is refused with what should be sent", "[prediction]") {
  refused(422, "base_64_str is empty", [] { sent(R"({"base_64_str":""})"); });
  refused(422, "base_64_str is empty", [] { sent(R"({"base_64_str":" \n"})"); });
  refused(422, "not base64", [] { sent(R"({"base_64_str":"aGVsbG8"})"); });
  refused(422, "not base64", [] { sent(R"({"base_64_str":"????"})"); });
  refused(422, "data: URL", [] { sent(R"({"base_64_str":"data:image/png,abc"})"); });
  refused(422, "no text \"base_64_str\"", [] { sent("{}"); });
  refused(422, "no text \"base_64_str\"", [] { sent("[]"); });
  refused(422, "no text \"base_64_str\"", [] { sent(R"({"base_64_str":null})"); });
  refused(400, "not JSON", [] { sent(""); });
  refused(400, "not JSON", [] { sent(R"({"base_64_str":"aGVsbG8=)"); });
  refused(400, "not JSON", [] { sent(R"({"base_64_str":"aGVsbG8="} x)"); });
  refused(400, "stands twice", [] { sent(R"({"base_64_str":"YQ==","base_64_str":"YQ=="})"); });
  refused(400, "nested deeper",
          [] { sent(R"({"base_64_str":)" + std::string(200, '[') + std::string(200, ']') + "}"); });
  refused(422, "the picture is empty", [] { sent("", "image/png"); });
  refused(415, "text/html", [] { sent("x", "text/html"); });
  refused(415, "the Content-Type is none", [] { sent("x", "nonsense"); });
}

TEST_CASE("an upload is the part named file, or the only file", "[prediction]") {
  http::Request request = request_of("", "multipart/form-data; boundary=x");
  request.parts = {{"note", "", "", "text"}, {"file", "", "", "bytes"}, {"other", "b.png", "", "other"}};
  CHECK(SentPicture::of_upload(request).bytes() == "bytes");
  request.parts = {{"note", "", "", "text"}, {"picture", "b.png", "", "other"}};
  CHECK(SentPicture::of_upload(request).bytes() == "other");
  request.parts.push_back({"second", "c.png", "", "x"});
  refused(422, "no part \"file\"", [&] { (void)SentPicture::of_upload(request); });
  request.parts.clear();
  refused(422, "no part \"file\"", [&] { (void)SentPicture::of_upload(request); });
  request.parts = {{"file", "empty.png", "", ""}};
  refused(422, "the picture is empty", [&] { (void)SentPicture::of_upload(request); });
  refused(415, "multipart/form-data", [] { (void)SentPicture::of_upload(request_of("x", "image/png")); });
}

}  // namespace
}  // namespace animalctl::serve
