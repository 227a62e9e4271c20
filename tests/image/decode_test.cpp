#include "animalctl/image/decode.h"

#include <opencv2/core.hpp>

#include "animalctl/image/demo.h"
#include "animalctl/image/transform.h"
#include "image/file_builder.h"
#include "support/catch_compat.h"

namespace animalctl {
namespace {

using namespace test;
using Pixels = std::vector<std::uint8_t>;

// Six pixels, all different: 3 wide, 2 high.
const Octets kSixPixels{0, 10, 11, 12, 20, 21, 22, 30, 31, 32, 0, 40, 41, 42, 50, 51, 52, 60, 61, 62};

Pixels decode(const Octets& file) {
  return decode_image(to_bytes(file)).value().pixels;
}

void require_refused(const Bytes& file, ErrorCode code, std::string_view part, const DecodeLimits& limits = {}) {
  const auto result = decode_image(file, limits);
  REQUIRE_FALSE(result.ok());
  INFO("message: " << result.error().message());
  CHECK(to_string(result.error().code()) == to_string(code));
  CHECK(contains(result.error().message(), part));
}

Bytes sample_jpeg(int size = 200) {
  return encode_jpeg(draw_demo_animal(true, 1, 2, size), 90);
}

}  // namespace

TEST_CASE("A PNG decodes to rows of red, green and blue", "[image]") {
  const auto image = decode_image(to_bytes(png_file(png_header(3, 2, 8, 2), kSixPixels))).value();
  CHECK(image.width == 3);
  CHECK(image.height == 2);
  CHECK(image.channels == 3);
  CHECK(image.pixels == Pixels{10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62});
}

TEST_CASE("Grey, palette, alpha and 16-bit PNGs become 8-bit RGB", "[image]") {
  CHECK(decode(png_file(png_header(2, 1, 8, 0), {0, 7, 200})) == Pixels{7, 7, 7, 200, 200, 200});
  CHECK(decode(png_file(png_header(2, 1, 1, 0), {0, 0x40})) == Pixels{0, 0, 0, 255, 255, 255});
  const Octets palette = png_chunk("PLTE", {1, 2, 3, 9, 8, 7});
  CHECK(decode(png_file(png_header(2, 1, 8, 3), {0, 1, 0}, palette)) == Pixels{9, 8, 7, 1, 2, 3});
  // Alpha is dropped, not blended: the colour under a transparent pixel stays.
  CHECK(decode(png_file(png_header(2, 1, 8, 6), {0, 1, 2, 3, 0, 4, 5, 6, 255})) == Pixels{1, 2, 3, 4, 5, 6});
  CHECK(decode(png_file(png_header(1, 1, 8, 4), {0, 77, 3})) == Pixels{77, 77, 77});
  CHECK(decode(png_file(png_header(1, 1, 16, 2), {0, 1, 255, 2, 255, 3, 0})) == Pixels{1, 2, 3});
}

TEST_CASE("A BMP decodes to RGB from bottom to top", "[image]") {
  const Octets rows{4, 5, 6, 0, 1, 2, 3, 0};
  CHECK(decode(bmp_file(1, 2, 24, rows)) == Pixels{3, 2, 1, 6, 5, 4});
  CHECK(decode(bmp_file(1, -2, 24, rows)) == Pixels{6, 5, 4, 3, 2, 1});
}

TEST_CASE("Every EXIF orientation turns a picture upright", "[image]") {
  // The picture a b c / d e f as seen after each orientation is applied (TIFF 6.0, tag 274).
  const std::vector<std::string> upright{"abcdef", "cbafed", "fedcba", "defabc",
                                         "adbecf", "daebfc", "fcebda", "cfbead"};
  Octets rows;
  for (const char* letters : {"abc", "def"}) {
    rows.push_back(0);
    for (const char* letter = letters; *letter != '\0'; ++letter) rows.insert(rows.end(), 3, std::uint8_t(*letter));
  }
  for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
    INFO("orientation " << orientation);
    const Octets exif = png_chunk("eXIf", exif_block(orientation));
    const auto image = decode_image(to_bytes(png_file(png_header(3, 2, 8, 2), rows, exif))).value();
    CHECK(image.width == (orientation < 5 ? 3 : 2));
    CHECK(image.height == (orientation < 5 ? 2 : 3));
    std::string letters;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) letters += static_cast<char>(image.pixels[i]);
    CHECK(letters == upright[orientation - 1]);
  }
}

TEST_CASE("A JPEG turned by EXIF has the pixels of the unturned one, turned", "[image]") {
  const Bytes plain = encode_jpeg(resize_area(draw_demo_animal(false, 1, 1, 64), 64, 40), 90);
  const ImageU8 straight = decode_image(plain).value();
  const ImageU8 turned = decode_image(with_exif(plain, 6)).value();
  REQUIRE(turned.width == 40);
  REQUIRE(turned.height == 64);
  bool equal = true;
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 40; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        const auto from = static_cast<std::size_t>(((39 - x) * 64 + y) * 3 + channel);
        const auto to = static_cast<std::size_t>((y * 40 + x) * 3 + channel);
        equal = equal && straight.pixels[from] == turned.pixels[to];
      }
    }
  }
  CHECK(equal);
}

TEST_CASE("A PNG encoded here decodes to the same pixels", "[image]") {
  const ImageU8 image = draw_demo_animal(true, 5, 6, 97);
  CHECK(decode_image(encode_png(image)).value().pixels == image.pixels);
}

TEST_CASE("A truncated JPEG decodes with a warning, a sound one without", "[image]") {
  Bytes file = sample_jpeg();
  const auto sound = decode_image_with_warnings(file).value();
  CHECK(sound.warnings.empty());
  file.resize(file.size() / 2);
  const auto cut = decode_image_with_warnings(file).value();
  REQUIRE_FALSE(cut.warnings.empty());
  CHECK(contains(cut.warnings.front(), "Premature end"));
  CHECK_FALSE(cut.header.complete);
  CHECK(cut.image.pixels.size() == sound.image.pixels.size());
  CHECK(std::equal(cut.image.pixels.begin(), cut.image.pixels.begin() + 200 * 3 * 40, sound.image.pixels.begin()));
}

TEST_CASE("A JPEG cut inside its header is refused", "[image]") {
  Bytes file = sample_jpeg();
  file.resize(100);
  require_refused(file, ErrorCode::DataLoss, "JPEG");
}

TEST_CASE("A JPEG with impossible tables is refused as corrupt", "[image]") {
  // A Huffman table of class 0, slot 9: there are four slots.
  const Octets file = jpeg_file(jpeg_segment(0xC4, Octets(1, 9) + Octets(16, 0)) + jpeg_frame(8, 8) + jpeg_scan());
  require_refused(to_bytes(file), ErrorCode::DataLoss, "cannot be decoded");
}

TEST_CASE("A truncated or damaged PNG is refused", "[image]") {
  const Octets whole = png_file(png_header(3, 2, 8, 2), kSixPixels);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto result =
        decode_image(to_bytes(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
    CHECK_FALSE(result.ok());
  }
  Octets damaged = whole;
  damaged[45] ^= 4;
  require_refused(to_bytes(damaged), ErrorCode::DataLoss, "checksum of its IDAT");
  damaged = whole;
  damaged.back() ^= 1;
  require_refused(to_bytes(damaged), ErrorCode::DataLoss, "checksum of its IEND");
}

TEST_CASE("A PNG whose chunks contradict each other is refused", "[image]") {
  const Octets palette = png_chunk("PLTE", {1, 2, 3});
  const auto refused = [](const Octets& header, const Octets& between, std::string_view part) {
    require_refused(to_bytes(png_file(header, {0, 0}, between)), ErrorCode::DataLoss, part);
  };
  refused(png_header(1, 1, 8, 3), {}, "palette is missing");
  refused(png_header(1, 1, 8, 3), palette + palette, "two palettes");
  refused(png_header(1, 1, 8, 3), png_chunk("PLTE", {1, 2}), "impossible length");
  refused(png_header(1, 1, 8, 0), png_header(1, 1, 8, 0), "two headers");
  refused(png_header(1, 1, 8, 0), png_chunk("ABCD", {}), "unknown ABCD chunk");
  refused(png_header(1, 1, 8, 0), png_chunk("a\1bc", {}), "impossible name");
  const Octets no_data = png_signature() + png_header(1, 1, 8, 0) + png_chunk("IEND", {});
  require_refused(to_bytes(no_data), ErrorCode::DataLoss, "no image data");
}

TEST_CASE("Damaged chunks that no decoder needs do not matter", "[image]") {
  Octets text_chunk = png_chunk("tEXt", text("comment"));
  text_chunk.back() ^= 1;
  CHECK(decode(png_file(png_header(1, 1, 8, 0), {0, 9}, text_chunk)) == Pixels{9, 9, 9});
  const Octets behind = png_file(png_header(1, 1, 8, 0), {0, 9}) + text("trailing rubbish");
  CHECK(decode(behind) == Pixels{9, 9, 9});
}

TEST_CASE("A BMP or WebP that is cut is refused as corrupt", "[image]") {
  require_refused(to_bytes(bmp_file(4, 4, 24, Octets(20, 1))), ErrorCode::DataLoss, "shorter than its rows");
  const Octets webp = webp_file(webp_chunk("VP8 ", {0x30, 1, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00}));
  require_refused(to_bytes(webp), ErrorCode::DataLoss, "WebP image cannot be decoded");
}

TEST_CASE("A header that promises billions of pixels is refused before decoding", "[image]") {
  require_refused(to_bytes(png_file(png_header(60000, 60000, 8, 2), {0})), ErrorCode::ResourceExhausted,
                  "60000 x 60000");
  require_refused(to_bytes(jpeg_file(jpeg_frame(65500, 65500) + jpeg_scan())), ErrorCode::ResourceExhausted, "pixels");
  require_refused(to_bytes(bmp_file(100000, 100000, 24, {})), ErrorCode::ResourceExhausted, "pixels");
  // 48 million pixels of a progressive JPEG need 288 MB of coefficients beside the picture.
  require_refused(to_bytes(jpeg_file(jpeg_frame(8000, 6000, 3, 0xC2) + jpeg_scan())), ErrorCode::ResourceExhausted,
                  "MiB");
}

TEST_CASE("A JPEG with thousands of scans is refused", "[image]") {
  Octets scans;
  for (int i = 0; i < 2000; ++i) scans = scans + jpeg_scan();
  require_refused(to_bytes(jpeg_file(jpeg_frame(64, 64, 3, 0xC2) + scans)), ErrorCode::ResourceExhausted, "2000 scans");
}

TEST_CASE("Limits on bytes, scans and time are applied", "[image]") {
  const Bytes file = sample_jpeg();
  DecodeLimits limits;
  limits.max_bytes = 100;
  require_refused(file, ErrorCode::ResourceExhausted, "at most 100", limits);
  limits = {};
  limits.max_duration = std::chrono::milliseconds(-1);
  require_refused(sample_jpeg(1024), ErrorCode::DeadlineExceeded, "took longer", limits);
  limits.max_duration = std::chrono::milliseconds(0);
  require_refused(encode_png(draw_demo_animal(true, 1, 2, 64)), ErrorCode::DeadlineExceeded, "could take longer",
                  limits);
  limits = {};
  limits.max_scans = 0;
  require_refused(file, ErrorCode::ResourceExhausted, "scans", limits);
}

TEST_CASE("Content that is no image is refused with its kind of error", "[image]") {
  require_refused({}, ErrorCode::DataLoss, "empty");
  require_refused(to_bytes(text("GIF89a")), ErrorCode::Unimplemented, "GIF");
  require_refused(to_bytes(text("not an image")), ErrorCode::InvalidArgument, "no image");
}

TEST_CASE("The image library runs without threads of its own", "[image]") {
  configure_image_library();
  CHECK(cv::getNumThreads() == 1);
  CHECK(image_library_version() == CV_VERSION);
}

}  // namespace animalctl
