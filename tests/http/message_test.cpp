// What handlers read requests with: fields, queries, media types, statuses, CORS.
#include "animalctl/http/message.h"

#include <algorithm>

#include "animalctl/http/content_type.h"
#include "animalctl/http/cors.h"
#include "animalctl/http/error_map.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using http::CorsSettings;
using http::Request;
using http::Response;

TEST_CASE("fields are found whatever their case, the first of a name", "[http]") {
  Request request;
  request.headers = {{"X-One", "1"}, {"x-one", "2"}, {"Content-Type", "image/png"}};
  request.query = {{"a", "1"}, {"a", "2"}, {"A", "3"}};
  request.parameters = {{"model", "animal"}};
  CHECK(request.header("X-ONE") == "1");
  CHECK(request.header("content-type") == "image/png");
  CHECK_FALSE(request.header("content"));
  CHECK(request.query_value("a") == "1");
  CHECK(request.query_value("A") == "3");
  CHECK_FALSE(request.query_value("b"));
  CHECK(request.parameter("model") == "animal");
  CHECK(request.parameter("version").empty());
}

TEST_CASE("media types are read with their parameters", "[http]") {
  const auto type = http::parse_media_type(" Multipart/Form-Data ; Boundary=\"a \\\" b\"; charset=UTF-8 ;");
  REQUIRE(type);
  CHECK(type->type == "multipart/form-data");
  CHECK(type->parameter("boundary") == "a \" b");
  CHECK(type->parameter("charset") == "UTF-8");
  CHECK_FALSE(type->parameter("q"));
  CHECK(http::parse_media_type("image/svg+xml")->type == "image/svg+xml");
  for (const std::string bad :
       {"", "text", "/", "text/", "a b/c", "text/html; x", "text/html; x=\"y", "text/html x=y"}) {
    INFO(bad);
    CHECK_FALSE(http::parse_media_type(bad));
  }
}

TEST_CASE("a browser asks for HTML by name, other programs do not", "[http]") {
  CHECK(http::accepts_explicitly("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"));
  CHECK(http::accepts_explicitly("application/json, Text/HTML;q=0.1", "text/html"));
  CHECK_FALSE(http::accepts_explicitly("*/*", "text/html"));
  CHECK_FALSE(http::accepts_explicitly("text/html;q=0", "text/html"));
  CHECK_FALSE(http::accepts_explicitly("", "text/html"));
}

TEST_CASE("every error code has its status", "[http]") {
  const std::pair<ErrorCode, int> table[] = {
      {ErrorCode::InvalidArgument, 400},    {ErrorCode::NotFound, 404},          {ErrorCode::AlreadyExists, 409},
      {ErrorCode::FailedPrecondition, 412}, {ErrorCode::ResourceExhausted, 413}, {ErrorCode::DataLoss, 422},
      {ErrorCode::Cancelled, 499},          {ErrorCode::Unimplemented, 501},     {ErrorCode::Internal, 500},
      {ErrorCode::Unavailable, 503},        {ErrorCode::DeadlineExceeded, 504}};
  for (const auto& [code, status] : table) CHECK(http::status_of(code) == status);
}

CorsSettings local_pages() {
  CorsSettings settings;
  settings.origins = {"http://localhost", "http://localhost:3000"};
  settings.methods = {"*"};
  settings.headers = {"*"};
  settings.credentials = true;
  return settings;
}

Request from(const std::string& origin) {
  Request request;
  request.method = "POST";
  request.headers = {{"Origin", origin}};
  return request;
}

Request preflight(const std::string& origin, const std::string& method, const std::string& headers = "") {
  Request request = from(origin);
  request.method = "OPTIONS";
  request.headers.emplace_back("Access-Control-Request-Method", method);
  if (!headers.empty()) request.headers.emplace_back("Access-Control-Request-Headers", headers);
  return request;
}

std::string header(const Response& response, const std::string& name) {
  return http::find_header(response.headers, name).value_or("(none)");
}

TEST_CASE("an allowed page may read answers, another may not", "[http]") {
  Response allowed;
  apply_cors(local_pages(), from("http://localhost:3000"), allowed);
  CHECK(header(allowed, "Access-Control-Allow-Origin") == "http://localhost:3000");
  CHECK(header(allowed, "Access-Control-Allow-Credentials") == "true");
  CHECK(header(allowed, "Vary") == "Origin");
  Response stranger;
  apply_cors(local_pages(), from("http://evil.example"), stranger);
  CHECK(header(stranger, "Access-Control-Allow-Origin") == "(none)");
  CHECK(header(stranger, "Vary") == "Origin");
}

TEST_CASE("with any origin allowed no credentials are", "[http]") {
  CorsSettings settings = local_pages();
  settings.origins = {"*"};
  Response response;
  apply_cors(settings, from("http://any.example"), response);
  CHECK(header(response, "Access-Control-Allow-Origin") == "*");
  CHECK(header(response, "Access-Control-Allow-Credentials") == "(none)");
}

TEST_CASE("without settings no CORS field is written and no preflight answered", "[http]") {
  Response response;
  apply_cors({}, from("http://localhost"), response);
  CHECK(response.headers.empty());
  CHECK_FALSE(cors_preflight({}, preflight("http://localhost", "POST"), {"POST"}));
  CHECK_FALSE(cors_preflight(local_pages(), from("http://localhost"), {"POST"}));
}

TEST_CASE("no field of CORS stands twice in an answer that was given them twice", "[http]") {
  auto answer = cors_preflight(local_pages(), preflight("http://localhost:3000", "PUT"), {});
  REQUIRE(answer);
  apply_cors(local_pages(), preflight("http://localhost:3000", "PUT"), *answer);
  for (const char* name : {"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary"}) {
    CHECK(std::count_if(answer->headers.begin(), answer->headers.end(),
                        [&](const auto& field) { return field.first == name; }) == 1);
  }
}

TEST_CASE("a preflight is told what is allowed", "[http]") {
  const auto any = cors_preflight(local_pages(), preflight("http://localhost", "PUT", "X-A, x-b"), {});
  REQUIRE(any);
  CHECK(any->status == 204);
  CHECK(header(*any, "Access-Control-Allow-Methods") == "PUT");
  CHECK(header(*any, "Access-Control-Allow-Headers") == "X-A, x-b");
  CHECK(header(*any, "Access-Control-Max-Age") == "600");
  CorsSettings settings = local_pages();
  settings.methods = {};
  settings.headers = {"Content-Type", "Authorization"};
  const auto of_route =
      cors_preflight(settings, preflight("http://localhost", "POST", "content-type"), {"GET", "POST"});
  REQUIRE(of_route);
  CHECK(header(*of_route, "Access-Control-Allow-Methods") == "GET, POST");
  CHECK(header(*of_route, "Access-Control-Allow-Headers") == "Content-Type, Authorization");
  CHECK(cors_preflight(settings, preflight("http://localhost", "DELETE"), {"GET"})->status == 403);
  CHECK(cors_preflight(settings, preflight("http://localhost", "GET", "X-Other"), {"GET"})->status == 403);
  CHECK(cors_preflight(settings, preflight("http://evil.example", "GET"), {"GET"})->status == 403);
}

}  // namespace
}  // namespace animalctl::test
