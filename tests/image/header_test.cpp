#include "animalctl/image/header.h"

#include "image/file_builder.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using namespace test;

Result<ImageHeader> parse(const Octets& file) {
  return parse_image_header(to_bytes(file));
}

void require_refused(const Octets& file, ErrorCode code, std::string_view part) {
  const auto result = parse(file);
  REQUIRE_FALSE(result.ok());
  INFO("message: " << result.error().message());
  CHECK(to_string(result.error().code()) == to_string(code));
  CHECK(contains(result.error().message(), part));
}

const Octets kGreyRow{0, 0, 0, 0, 0};  // filter byte and four pixels

}  // namespace

TEST_CASE("A PNG header gives size, channels, depth and interlacing", "[image]") {
  const auto header = parse(png_file(png_header(300, 200, 16, 6, 1), {})).value();
  CHECK(header.format == ImageFormat::Png);
  CHECK(header.width == 300);
  CHECK(header.height == 200);
  CHECK(header.components == 4);
  CHECK(header.bits_per_component == 16);
  CHECK(header.progressive);
  CHECK(header.complete);
  CHECK(header.exif_orientation == 1);
  CHECK(header.note.empty());
}

TEST_CASE("The colour type of a PNG tells its channels", "[image]") {
  const auto components = [](std::uint32_t depth, std::uint32_t type) {
    return parse(png_file(png_header(1, 1, depth, type), {})).value().components;
  };
  CHECK(components(1, 0) == 1);
  CHECK(components(8, 2) == 3);
  CHECK(components(2, 3) == 1);
  CHECK(components(8, 4) == 2);
  CHECK(parse(png_file(png_header(1, 1, 4, 3), {})).value().palette);
}

TEST_CASE("Impossible PNG headers are refused as corrupt", "[image]") {
  require_refused(png_signature(), ErrorCode::DataLoss, "ends inside its header");
  require_refused(png_file(png_chunk("tEXt", {}), {}), ErrorCode::DataLoss, "start with a header chunk");
  require_refused(png_file(png_header(0, 5, 8, 2), {}), ErrorCode::DataLoss, "width or height is 0");
  require_refused(png_file(png_header(5, 0, 8, 2), {}), ErrorCode::DataLoss, "width or height is 0");
  require_refused(png_file(png_header(0x80000000u, 5, 8, 2), {}), ErrorCode::DataLoss, "impossible");
  require_refused(png_file(png_header(5, 5, 8, 5), {}), ErrorCode::DataLoss, "colour type");
  require_refused(png_file(png_header(5, 5, 4, 2), {}), ErrorCode::DataLoss, "bit depth");
  require_refused(png_file(png_header(5, 5, 16, 3), {}), ErrorCode::DataLoss, "bit depth");
  require_refused(png_file(png_header(5, 5, 8, 2, 2), {}), ErrorCode::DataLoss, "interlace");
  Octets damaged = png_file(png_header(5, 5, 8, 2), {});
  damaged[18] ^= 1;
  require_refused(damaged, ErrorCode::DataLoss, "checksum of its header");
}

TEST_CASE("A PNG cut anywhere behind its header is incomplete", "[image]") {
  const Octets whole = png_file(png_header(4, 1, 8, 0), kGreyRow);
  CHECK(parse(whole).value().complete);
  for (std::size_t size = 33; size < whole.size(); ++size) {
    const auto header = parse(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))).value();
    CHECK_FALSE(header.complete);
    CHECK(contains(header.note, "ends"));
  }
}

TEST_CASE("EXIF orientation of a PNG is read from a sound eXIf chunk only", "[image]") {
  const Octets header = png_header(4, 1, 8, 0);
  CHECK(parse(png_file(header, kGreyRow, png_chunk("eXIf", exif_block(6)))).value().exif_orientation == 6);
  CHECK(parse(png_file(header, kGreyRow, png_chunk("eXIf", exif_block(8, false)))).value().exif_orientation == 8);
  Octets damaged = png_chunk("eXIf", exif_block(6));
  damaged.back() ^= 1;
  CHECK(parse(png_file(header, kGreyRow, damaged)).value().exif_orientation == 1);
  const Octets prefixed = text(std::string_view{"Exif\0\0", 6}) + exif_block(6);
  CHECK(parse(png_file(header, kGreyRow, png_chunk("eXIf", prefixed))).value().exif_orientation == 1);
}

TEST_CASE("An animated PNG is read as its still image and says so", "[image]") {
  const Octets file = png_file(png_header(4, 1, 8, 0), kGreyRow, png_chunk("acTL", big32(3) + big32(0)));
  CHECK(contains(parse(file).value().note, "animated"));
}

TEST_CASE("A JPEG header gives size, components and the number of scans", "[image]") {
  const auto baseline = parse(jpeg_file(jpeg_frame(640, 480) + jpeg_scan())).value();
  CHECK(baseline.format == ImageFormat::Jpeg);
  CHECK(baseline.width == 640);
  CHECK(baseline.height == 480);
  CHECK(baseline.components == 3);
  CHECK(baseline.bits_per_component == 8);
  CHECK(baseline.scan_count == 1);
  CHECK_FALSE(baseline.progressive);
  CHECK(baseline.complete);

  Octets scans;
  for (int i = 0; i < 3000; ++i) scans = scans + jpeg_scan();
  const auto progressive = parse(jpeg_file(jpeg_frame(640, 480, 3, 0xC2) + scans)).value();
  CHECK(progressive.progressive);
  CHECK(progressive.scan_count == 3000);
  CHECK(progressive.working_bytes > baseline.working_bytes + 640 * 480 * 6);
}

TEST_CASE("Stuffed bytes and restart markers do not end a scan", "[image]") {
  const Octets scan = jpeg_scan() + Octets{0xFF, 0x00, 0x55, 0xFF, 0xD0, 0x66, 0xFF, 0xFF, 0xD7, 0x01};
  const auto header = parse(jpeg_file(jpeg_frame(8, 8) + scan)).value();
  CHECK(header.scan_count == 1);
  CHECK(header.complete);
}

TEST_CASE("A JPEG without its end marker is incomplete", "[image]") {
  Octets file = jpeg_file(jpeg_frame(8, 8) + jpeg_scan());
  file.resize(file.size() - 2);
  const auto header = parse(file).value();
  CHECK_FALSE(header.complete);
  CHECK(contains(header.note, "end marker"));
  const auto broken = parse(jpeg_file(jpeg_frame(8, 8) + jpeg_scan() + Octets{0xFF, 0xDB, 0x00, 0x01})).value();
  CHECK_FALSE(broken.complete);
  CHECK(contains(broken.note, "impossible length"));
}

TEST_CASE("EXIF orientation of a JPEG comes from the first APP1 segment", "[image]") {
  const auto orientation = [](const Octets& segments) {
    return parse(jpeg_file(segments + jpeg_frame(8, 8) + jpeg_scan())).value().exif_orientation;
  };
  const auto exif = [](const Octets& block) {
    return jpeg_segment(0xE1, text(std::string_view{"Exif\0\0", 6}) + block);
  };
  const Octets xmp = jpeg_segment(0xE1, text(std::string_view{"http://ns.adobe.com/xap/1.0/\0", 29}));
  for (std::uint32_t value = 1; value <= 8; ++value) {
    CHECK(orientation(exif(exif_block(value))) == static_cast<int>(value));
    CHECK(orientation(exif(exif_block(value, false))) == static_cast<int>(value));
  }
  CHECK(orientation(exif(exif_block(0))) == 1);
  CHECK(orientation(exif(exif_block(9))) == 1);
  CHECK(orientation(xmp + exif(exif_block(6))) == 1);
  CHECK(orientation(exif(exif_block(6)) + xmp) == 6);
  CHECK(orientation(exif({})) == 1);
  const Octets whole = exif_block(6);
  for (std::size_t size = 0; size < 20; ++size) {
    CHECK(orientation(exif(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))) == 1);
  }
}

TEST_CASE("An EXIF entry whose value lies outside the block ends the search", "[image]") {
  const auto block = [](std::uint32_t tag, std::uint32_t count, std::uint32_t value) {
    return text("II") + little16(42) + little32(8) + little16(2) + little16(tag) + little16(2) + little32(count) +
           little32(value) + little16(0x0112) + little16(3) + little32(1) + little16(6) + little16(0) + little32(0);
  };
  const auto orientation = [&](const Octets& exif) {
    return parse(jpeg_file(jpeg_segment(0xE1, text(std::string_view{"Exif\0\0", 6}) + exif) + jpeg_frame(8, 8) +
                           jpeg_scan()))
        .value()
        .exif_orientation;
  };
  CHECK(orientation(block(0x010F, 6, 8)) == 6);
  CHECK(orientation(block(0x010F, 6, 5000)) == 1);
  CHECK(orientation(block(0x010F, 4, 5000)) == 6);
  CHECK(orientation(block(0x011A, 1, 0)) == 6);
  CHECK(orientation(block(0x011A, 1, 0xFFFFFFFFu)) == 1);
}

TEST_CASE("Impossible JPEG headers are refused as corrupt", "[image]") {
  require_refused({0xFF, 0xD8, 0xFF}, ErrorCode::DataLoss, "no frame header");
  require_refused(jpeg_file({0xFF}), ErrorCode::DataLoss, "no frame header");
  require_refused(jpeg_file(jpeg_frame(8, 8)), ErrorCode::DataLoss, "before the first scan");
  require_refused(jpeg_file(jpeg_frame(0, 8) + jpeg_scan()), ErrorCode::DataLoss, "width or height is 0");
  require_refused(jpeg_file(jpeg_frame(8, 0) + jpeg_scan()), ErrorCode::DataLoss, "width or height is 0");
  require_refused(jpeg_file(jpeg_frame(8, 8, 5) + jpeg_scan()), ErrorCode::DataLoss, "5 components");
  require_refused(jpeg_file(jpeg_frame(8, 8) + jpeg_frame(8, 8) + jpeg_scan()), ErrorCode::DataLoss, "two frame");
  require_refused(jpeg_file(jpeg_scan()), ErrorCode::DataLoss, "before the frame header");
  require_refused(jpeg_file(jpeg_frame(8, 8) + jpeg_segment(0xDA, {})), ErrorCode::DataLoss, "scan header is cut");
  require_refused(jpeg_file(Octets{0xFF, 0xD8}), ErrorCode::DataLoss, "second image");
  require_refused(jpeg_file(jpeg_segment(0xC0, {8, 0})), ErrorCode::DataLoss, "frame header is cut");
  require_refused(jpeg_file(jpeg_segment(0xC0, {8, 0, 8, 0, 8, 3, 1})), ErrorCode::DataLoss, "impossible length");
  require_refused(jpeg_file(jpeg_segment(0xC0, {8, 0, 8, 0, 8, 1, 1, 0x51, 0})), ErrorCode::DataLoss, "sampling");
  require_refused({0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0x01}, ErrorCode::DataLoss, "impossible length");
  require_refused({0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0x40, 1}, ErrorCode::DataLoss, "ends inside a segment");
  require_refused({0xFF, 0xD8, 0xFF, 0xDB, 0x00}, ErrorCode::DataLoss, "ends inside a segment");
}

TEST_CASE("JPEG variants that are not read are refused by name", "[image]") {
  require_refused(jpeg_file(jpeg_frame(8, 8, 3, 0xC3) + jpeg_scan()), ErrorCode::Unimplemented, "lossless");
  require_refused(jpeg_file(jpeg_frame(8, 8, 3, 0xC1, 12) + jpeg_scan()), ErrorCode::Unimplemented, "12 bits");
}

TEST_CASE("A WebP header is read from its lossy, lossless and extended blocks", "[image]") {
  const Octets lossy = webp_chunk("VP8 ", {0, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00});
  const auto simple = parse(webp_file(lossy)).value();
  CHECK(simple.format == ImageFormat::WebP);
  CHECK(simple.width == 320);
  CHECK(simple.height == 240);
  CHECK(simple.components == 3);
  CHECK(simple.complete);

  // 14 bits of width - 1, 14 bits of height - 1, the alpha hint.
  const Octets lossless = webp_chunk("VP8L", Octets{0x2F} + little32(99u | 49u << 14 | 1u << 28));
  const auto alpha = parse(webp_file(lossless)).value();
  CHECK(alpha.width == 100);
  CHECK(alpha.height == 50);
  CHECK(alpha.components == 4);

  const Octets extended = webp_chunk("VP8X", {0x18, 0, 0, 0, 0x3F, 1, 0, 0xEF, 0, 0});
  const auto turned = parse(webp_file(extended + lossy + webp_chunk("EXIF", exif_block(6)))).value();
  CHECK(turned.components == 4);
  CHECK(turned.exif_orientation == 6);
  CHECK_FALSE(applies_orientation(turned));
  CHECK(parse(webp_file(extended + webp_chunk("ALPH", {0}) + lossy)).value().working_bytes > 9 * 320 * 240);
}

TEST_CASE("Broken and animated WebP files are refused or marked", "[image]") {
  const Octets lossy = webp_chunk("VP8 ", {0, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00});
  Octets cut = webp_file(lossy);
  cut[4] += 100;
  CHECK_FALSE(parse(cut).value().complete);
  Octets shorter = webp_file(lossy + webp_chunk("EXIF", exif_block(6)));
  shorter.resize(shorter.size() - 4);
  CHECK_FALSE(parse(shorter).value().complete);
  require_refused(webp_file({}), ErrorCode::DataLoss, "no image data");
  require_refused(webp_file(webp_chunk("VP8 ", {1, 2, 3})), ErrorCode::DataLoss, "VP8 frame header");
  require_refused(webp_file(webp_chunk("VP8L", {1, 2, 3, 4, 5})), ErrorCode::DataLoss, "VP8L header");
  require_refused(webp_file(webp_chunk("VP8 ", {0, 0, 0, 0x9D, 1, 0x2A, 0, 0, 9, 0})), ErrorCode::DataLoss, "is 0");
  require_refused(webp_file(webp_chunk("ANIM", {0, 0, 0, 0, 0, 0}) + lossy), ErrorCode::Unimplemented, "animated");
  require_refused(webp_file(webp_chunk("VP8X", {0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0}) + lossy), ErrorCode::Unimplemented,
                  "animated");
}

TEST_CASE("A BMP header is read and too few rows are noticed", "[image]") {
  const Octets pixels(2 * 8, 7);  // rows of 2 × 3 bytes, padded to 8
  const auto header = parse(bmp_file(2, 2, 24, pixels)).value();
  CHECK(header.format == ImageFormat::Bmp);
  CHECK(header.width == 2);
  CHECK(header.height == 2);
  CHECK(header.components == 3);
  CHECK(header.complete);
  CHECK(parse(bmp_file(2, -2, 24, pixels)).value().height == 2);
  CHECK(parse(bmp_file(2, 1, 8, {1, 2, 0, 0}, {0, 0, 0, 0})).value().palette);
  CHECK(parse(bmp_file(2, 1, 16, {1, 2, 0, 0})).value().bits_per_component == 5);
  CHECK_FALSE(parse(bmp_file(2, 3, 24, pixels)).value().complete);
}

TEST_CASE("Impossible BMP headers are refused as corrupt", "[image]") {
  require_refused(text("BM1234"), ErrorCode::DataLoss, "ends inside its header");
  require_refused(bmp_file(0, 2, 24, {}), ErrorCode::DataLoss, "0 or negative");
  require_refused(bmp_file(-2, 2, 24, {}), ErrorCode::DataLoss, "0 or negative");
  require_refused(bmp_file(2, 0, 24, {}), ErrorCode::DataLoss, "0 or negative");
  require_refused(bmp_file(2, static_cast<std::int32_t>(0x80000000u), 24, {}), ErrorCode::DataLoss, "impossible");
  require_refused(bmp_file(2, 2, 7, {}), ErrorCode::DataLoss, "bits a pixel");
  Octets colorful = bmp_file(2, 1, 8, {1, 2, 0, 0}, {0, 0, 0, 0});
  colorful[47] = 2;
  require_refused(colorful, ErrorCode::DataLoss, "more than 256 colours");
  Octets odd = bmp_file(2, 2, 24, {});
  odd[14] = 13;
  require_refused(odd, ErrorCode::DataLoss, "unknown size");
  odd[14] = 200;
  require_refused(odd, ErrorCode::DataLoss, "ends inside its header");
}

TEST_CASE("Known formats that are not read are refused by name, with what to do", "[image]") {
  const auto refused = [](std::string_view start, std::string_view name) {
    require_refused(text(start), ErrorCode::Unimplemented, name);
    require_refused(text(start), ErrorCode::Unimplemented, "convert the image");
  };
  refused("GIF89a", "GIF");
  refused(std::string_view{"II*\0", 4}, "TIFF");
  refused(std::string_view{"MM\0*", 4}, "TIFF");
  refused(std::string_view{"\0\0\0\x1c"
                           "ftypavif",
                           12},
          "AVIF");
  refused(std::string_view{"\0\0\0\x18"
                           "ftypheic",
                           12},
          "HEIF");
  refused(std::string_view{"\0\0\0\x0cjP  \r\n\x87\n", 12}, "JPEG 2000");
  refused("\xff\x0a", "JPEG XL");
  refused("<svg xmlns", "SVG");
  refused("%PDF-1.7", "PDF");
  refused("<!DOCTYPE html>", "HTML");
}

TEST_CASE("Empty and unknown content is refused", "[image]") {
  require_refused({}, ErrorCode::DataLoss, "empty");
  require_refused(text("hello"), ErrorCode::InvalidArgument, "PNG, JPEG, WebP and BMP are read");
  require_refused({0xFF, 0xD8}, ErrorCode::InvalidArgument, "no image");
}

}  // namespace animalctl
