#include "http/static_files.h"

#include <zlib.h>

#include <array>

#include "support/catch_compat.h"

namespace animalctl::http {
namespace {

std::string gzip(const std::string& content) {
  std::string packed(content.size() + 100, '\0');
  z_stream stream{};
  ::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string input = content;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

const std::string kPage = "<!doctype html>" + std::string(500, 'x');
const std::string kPacked = gzip(kPage);
const std::array<EmbeddedFile, 2> kFiles{{
    {"index.html", "text/html; charset=utf-8", "\"abc\"", kPacked, kPage.size()},
    {"assets/page-1.js", "text/javascript; charset=utf-8", "\"def\"", kPacked, kPage.size()},
}};

Request with(Headers headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

TEST_CASE("a file is sent as it is, or compressed to those who take it", "[static]") {
  const StaticFiles files(kFiles);
  const Response plain = files.find("index.html", with({})).value();
  CHECK(plain.status == 200);
  CHECK(plain.body == kPage);
  CHECK(plain.content_type == "text/html; charset=utf-8");
  CHECK(find_header(plain.headers, "ETag") == "\"abc\"");
  CHECK_FALSE(find_header(plain.headers, "Content-Encoding"));

  const Response packed = files.find("index.html", with({{"Accept-Encoding", "br, gzip"}})).value();
  CHECK(packed.body == kPacked);
  CHECK(find_header(packed.headers, "Content-Encoding") == "gzip");
  CHECK(find_header(packed.headers, "ETag") == "\"abc-gzip\"");
  CHECK(find_header(packed.headers, "Vary") == "Accept-Encoding");
  CHECK_FALSE(files.find("nothing", with({})));
  CHECK_FALSE(files.empty());
  CHECK(StaticFiles({}).empty());
}

TEST_CASE("who has a file already gets 304", "[static]") {
  const StaticFiles files(kFiles);
  const auto status = [&](const char* tags, const char* encoding) {
    return files.find("index.html", with({{"If-None-Match", tags}, {"Accept-Encoding", encoding}})).value();
  };
  CHECK(status("\"abc\"", "identity").status == 304);
  CHECK(status("\"x\", W/\"abc-gzip\"", "gzip").status == 304);
  CHECK(status("*", "gzip").status == 304);
  CHECK(status("\"abc\"", "identity").body.empty());
  CHECK(status("\"abc\"", "gzip").status == 200);  // another coding is another file
  CHECK(status("\"abcd\"", "identity").status == 200);
}

TEST_CASE("every file comes with the strict policy, files with a hash in their name may be kept", "[static]") {
  const StaticFiles files(kFiles);
  const Response page = files.find("index.html", with({})).value();
  CHECK(find_header(page.headers, "Content-Security-Policy") == std::string(kStrictPolicy));
  CHECK(find_header(page.headers, "X-Content-Type-Options") == "nosniff");
  CHECK(find_header(page.headers, "Cache-Control") == "no-cache");
  const Response script = files.find("assets/page-1.js", with({})).value();
  CHECK(find_header(script.headers, "Cache-Control") == "public, max-age=31536000, immutable");
}

TEST_CASE("Accept-Encoding is read with its weights", "[static]") {
  for (const char* yes : {"gzip", "GZIP", "br;q=1.0, gzip;q=0.5", "*", "x-gzip", "deflate, *;q=0.1"}) {
    INFO(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const char* no : {"", "identity", "br", "gzip;q=0", "gzip;q=0, *", "gzip;q=x", "gzip;q=", "*;q=0.0"}) {
    INFO(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}

TEST_CASE("compressed bytes that are not what they should be are an error", "[static]") {
  CHECK(gunzip(kPacked, kPage.size()) == kPage);
  using animalctl::test::require_error;
  require_error(ErrorCode::DataLoss, "does not hold", [] { (void)gunzip(kPacked, kPage.size() - 1); });
  require_error(ErrorCode::DataLoss, "does not hold", [] { (void)gunzip(kPacked, kPage.size() + 1); });
  require_error(ErrorCode::DataLoss, "does not hold", [] { (void)gunzip("not gzip", 8); });
  require_error(ErrorCode::DataLoss, "does not hold", [] { (void)gunzip(kPacked.substr(0, 20), kPage.size()); });
}

}  // namespace
}  // namespace animalctl::http
