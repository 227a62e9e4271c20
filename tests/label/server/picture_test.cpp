// Thumbnails, pages from a folder, suspects from a report.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE declared before it.
#include <jpeglib.h>

#include <thread>

#include "animalctl/base/file.h"
#include "animalctl/image/header.h"
#include "label/server/site_fixture.h"
#include "label/server/suspects_file.h"
#include "label/server/thumbnail.h"
#include "label/server/thumbnail_cache.h"
#include "label/server/web_folder.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace label;

// A JPEG with a gradient; `components` 1 or 3.
std::string jpeg(unsigned width, unsigned height, int components = 3) {
  jpeg_compress_struct out{};
  jpeg_error_mgr errors{};
  out.err = jpeg_std_error(&errors);
  jpeg_create_compress(&out);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&out, &bytes, &size);
  out.image_width = width;
  out.image_height = height;
  out.input_components = components;
  out.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&out);
  jpeg_start_compress(&out, TRUE);
  std::vector<unsigned char> row(std::size_t{width} * static_cast<unsigned>(components));
  for (unsigned y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < row.size(); ++x) row[x] = static_cast<unsigned char>(x * 7 + y * 3);
    unsigned char* pointer = row.data();
    jpeg_write_scanlines(&out, &pointer, 1);
  }
  jpeg_finish_compress(&out);
  std::string content(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&out);
  std::free(bytes);  // NOLINT: libjpeg allocates with malloc
  return content;
}

ImageHeader header_of(const std::string& content) {
  const auto header = parse_image_header(as_byte_span(content));
  REQUIRE(header);
  return header.value();
}

TEST_CASE("a thumbnail keeps the shape and is small", "[label]") {
  for (const auto& [width, height] :
       {std::pair{4000U, 3000U}, {3000U, 4000U}, {256U, 256U}, {100U, 80U}, {1023U, 511U}}) {
    for (const int components : {1, 3}) {
      INFO(width << 'x' << height << 'x' << components);
      const std::string whole = jpeg(width, height, components);
      const auto small = jpeg_thumbnail(whole);
      REQUIRE(small);
      const ImageHeader header = header_of(*small);
      const auto longer = static_cast<unsigned>(std::max(header.width, header.height));
      CHECK(longer >= std::min(kThumbnailSide, std::max(width, height)));
      CHECK(longer < 2 * kThumbnailSide);
      CHECK(header.components == components);
      const double shape = static_cast<double>(header.width) / header.height;
      CHECK(std::abs(shape - static_cast<double>(width) / height) < 0.05 * shape);
    }
  }
}

TEST_CASE("a thumbnail is turned as its photograph is", "[label]") {
  std::string whole = jpeg(800, 600);
  const unsigned char exif[] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
                                0,    1,    1, 18, 0,   3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0};
  whole.insert(2, reinterpret_cast<const char*>(exif), sizeof exif);
  REQUIRE(header_of(whole).exif_orientation == 6);
  const auto small = jpeg_thumbnail(whole);
  REQUIRE(small);
  CHECK(header_of(*small).exif_orientation == 6);
}

TEST_CASE("what is no whole JPEG has no thumbnail, or a grey rest, and never harms", "[label]") {
  CHECK_FALSE(jpeg_thumbnail(""));
  CHECK_FALSE(jpeg_thumbnail(picture()));
  CHECK_FALSE(jpeg_thumbnail("\xFF\xD8\xFF"));
  const std::string whole = jpeg(1000, 800);
  for (std::size_t cut = 0; cut < whole.size(); cut += 997) {
    const auto small = jpeg_thumbnail(std::string_view(whole).substr(0, cut));
    if (small) CHECK(header_of(*small).components == 3);
  }
  for (std::size_t at = 0; at < whole.size(); at += 61) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5A);
    jpeg_thumbnail(damaged);
  }
}

TEST_CASE("thumbnails are made by several at once, kept and known by tag", "[label]") {
  Site site;
  site.files.add_frame("a.jpg", jpeg(2000, 1500));
  site.files.add_frame("b.png", picture("b"));
  site.open();
  const http::Response first = site.get("/thumbnails/a.jpg");
  CHECK(first.status == 200);
  CHECK(first.content_type == "image/jpeg");
  CHECK(first.body.size() < body_of(site.get("/files/a.jpg")).size() / 4);
  const std::string etag = http::find_header(first.headers, "ETag").value();
  CHECK(etag != http::find_header(site.get("/files/a.jpg").headers, "ETag"));
  Site::Question again;
  again.path = "/thumbnails/a.jpg";
  again.headers = {{"If-None-Match", etag}};
  CHECK(site.ask(again).status == 304);
  CHECK(body_of(site.get("/thumbnails/b.png")) == picture("b"));
  CHECK(site.get("/thumbnails/none.jpg").status == 404);
  std::vector<std::string> made(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& body : made) {
      threads.emplace_back([&site, &body] { body = site.get("/thumbnails/a.jpg").body; });
    }
  }
  for (const std::string& body : made) CHECK(body == first.body);
}

TEST_CASE("the cache keeps what was asked for last within its size", "[label]") {
  ThumbnailCache cache(3000);
  const auto of = [](std::size_t size) { return std::make_shared<const std::string>(size, 'x'); };
  cache.keep("a", of(1000));
  cache.keep("b", of(1000));
  CHECK(cache.find("a"));
  cache.keep("c", of(1000));
  CHECK(cache.find("a"));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("c"));
  CHECK(cache.bytes() <= 3000);
  cache.keep("huge", of(5000));
  CHECK_FALSE(cache.find("huge"));
  cache.keep("a", of(1));
  CHECK(cache.find("a")->size() == 1000);
}

TEST_CASE("a page from a folder is index.html and its assets, nothing else", "[label]") {
  TemporaryFolder folder;
  require_error(ErrorCode::NotFound, "index.html", [&] { WebFolder web(folder.path()); });
  require_error(ErrorCode::NotFound, "--web-root", [&] { WebFolder web(folder / "none"); });
  write_file_atomic(folder / "index.html", "<html>");
  write_file_atomic(folder / "assets" / "page.js", "code");
  write_file_atomic(folder / "assets" / ".secret", "secret");
  write_file_atomic(folder / "secret.txt", "secret");
  std::filesystem::create_symlink(folder / "secret.txt", folder / "assets" / "link.txt");
  std::filesystem::create_directory(folder / "assets" / "folder.js");
  const WebFolder web(folder.path());
  const auto page = web.find("index.html");
  REQUIRE(page);
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(body_of(*page) == "<html>");
  CHECK(contains(http::find_header(page->headers, "Content-Security-Policy").value(), "script-src 'self'"));
  CHECK(web.find("assets/page.js")->content_type == "text/javascript; charset=utf-8");
  for (const char* path :
       {"", "none.html", "assets/", "assets/none.js", "assets/../secret.txt", "../index.html", "assets/.secret",
        "assets/link.txt", "assets/folder.js", "assets//etc/passwd", "assets/a b"}) {
    INFO(path);
    CHECK_FALSE(web.find(path));
  }
}

TEST_CASE("suspects are read from a model's report", "[label]") {
  TemporaryFolder folder;
  write_file_atomic(folder / "report.json",
                    R"({"most_confident_mistakes":[{"frame":"data/frames/a.png","label":"CAT","confidence":0.99},)"
                    R"({"frame":"b.png","confidence":0.5}]})");
  const auto suspects = read_suspects(folder / "report.json");
  REQUIRE(suspects.size() == 2);
  CHECK(suspects[0] == std::pair<std::string, double>{"a.png", 0.99});
  for (const char* bad : {"[]", "{}", R"({"most_confident_mistakes":{}})", R"({"most_confident_mistakes":[7]})",
                          R"({"most_confident_mistakes":[{"frame":"a.png"}]})"}) {
    INFO(bad);
    write_file_atomic(folder / "report.json", bad);
    require_error(ErrorCode::DataLoss, "report", [&] { read_suspects(folder / "report.json"); });
  }
  require_error(ErrorCode::NotFound, "none.json", [&] { read_suspects(folder / "none.json"); });
}

}  // namespace
}  // namespace animalctl::test
