#include "label/server/thumbnail.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

#include "animalctl/base/file.h"
#include "animalctl/image/header.h"
#include "animalctl/image/limits.h"

namespace animalctl::label {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kQuality = 80;
constexpr long kMaxMemory = 128L << 20;

// Everything libjpeg calls back into. It holds no object with a destructor, because libjpeg leaves by longjmp: no C++
// object may live in a frame that is jumped over.
struct Session {
  jpeg_decompress_struct in;
  jpeg_compress_struct out;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf jump;
  Clock::time_point deadline;
  int max_scans;
  unsigned char* bytes;  // malloc'd by libjpeg
  unsigned long size;
};

[[noreturn]] void leave(j_common_ptr codec) {
  std::longjmp(static_cast<Session*>(codec->client_data)->jump, 1);
}

void say_nothing(j_common_ptr, int) {}

void on_progress(j_common_ptr codec) {
  const Session& session = *static_cast<Session*>(codec->client_data);
  if (session.in.input_scan_number > session.max_scans || Clock::now() > session.deadline) leave(codec);
}

// The smallest eighths of the picture's size whose longer side is long enough.
unsigned eighths_for(unsigned longer) {
  unsigned eighths = 8;
  while (eighths > 1 && (longer * (eighths - 1) + 7) / 8 >= kThumbnailSide) --eighths;
  return eighths;
}

// Adds a row of `width` pixels, `box` of which become one.
void add_row(const unsigned char* row, unsigned* sums, unsigned columns, unsigned components, unsigned box) {
  for (unsigned x = 0; x < columns; ++x) {
    for (unsigned i = 0; i < box; ++i) {
      const unsigned char* pixel = row + std::size_t{x * box + i} * components;
      for (unsigned c = 0; c < components; ++c) sums[std::size_t{x} * components + c] += pixel[c];
    }
  }
}

// The orientation as the shortest EXIF block: one entry of tag 0x0112 (TIFF 6.0, big-endian).
void write_orientation(Session& session, int orientation) {
  unsigned char block[] = {'E',  'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                           0x01, 0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
  block[25] = static_cast<unsigned char>(orientation);
  jpeg_write_marker(&session.out, JPEG_APP0 + 1, block, sizeof block);
}

bool run(Session& session, const unsigned char* data, unsigned long size, int orientation) {
  if (setjmp(session.jump) != 0) return false;
  jpeg_create_decompress(&session.in);
  session.in.mem->max_memory_to_use = kMaxMemory;
  session.in.progress = &session.progress;
  session.progress.progress_monitor = on_progress;
  jpeg_mem_src(&session.in, data, size);
  jpeg_read_header(&session.in, TRUE);
  const bool grey = session.in.jpeg_color_space == JCS_GRAYSCALE;
  session.in.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  session.in.scale_num = eighths_for(std::max(session.in.image_width, session.in.image_height));
  session.in.scale_denom = 8;
  session.in.dct_method = JDCT_IFAST;
  session.in.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&session.in);
  const unsigned box = std::max(1U, std::max(session.in.output_width, session.in.output_height) / kThumbnailSide);
  const unsigned components = grey ? 1 : 3;
  // A strip thinner than the box keeps one pixel.
  const unsigned columns = session.in.output_width / box;
  const unsigned rows = session.in.output_height / box;
  if (columns == 0 || rows == 0) leave(reinterpret_cast<j_common_ptr>(&session.in));

  jpeg_create_compress(&session.out);
  jpeg_mem_dest(&session.out, &session.bytes, &session.size);
  session.out.image_width = columns;
  session.out.image_height = rows;
  session.out.input_components = static_cast<int>(components);
  session.out.in_color_space = session.in.out_color_space;
  jpeg_set_defaults(&session.out);
  jpeg_set_quality(&session.out, kQuality, TRUE);
  jpeg_start_compress(&session.out, TRUE);
  if (orientation > 1) write_orientation(session, orientation);

  auto* const memory = reinterpret_cast<j_common_ptr>(&session.in);
  const std::size_t row_bytes = std::size_t{session.in.output_width} * components;
  const std::size_t sum_count = std::size_t{columns} * components;
  auto* row = static_cast<unsigned char*>(session.in.mem->alloc_large(memory, JPOOL_IMAGE, row_bytes));
  auto* sums = static_cast<unsigned*>(session.in.mem->alloc_large(memory, JPOOL_IMAGE, sum_count * sizeof(unsigned)));
  auto* small = static_cast<unsigned char*>(session.in.mem->alloc_large(memory, JPOOL_IMAGE, sum_count));
  for (unsigned y = 0; y < rows; ++y) {
    std::memset(sums, 0, sum_count * sizeof(unsigned));
    for (unsigned i = 0; i < box; ++i) {
      jpeg_read_scanlines(&session.in, &row, 1);
      add_row(row, sums, columns, components, box);
    }
    for (std::size_t i = 0; i < sum_count; ++i) small[i] = static_cast<unsigned char>(sums[i] / (box * box));
    jpeg_write_scanlines(&session.out, &small, 1);
  }
  jpeg_finish_compress(&session.out);
  return true;
}

}  // namespace

std::optional<std::string> jpeg_thumbnail(std::string_view jpeg) {
  const Result<ImageHeader> header = parse_image_header(as_byte_span(jpeg));
  if (!header || header.value().format != ImageFormat::Jpeg || header.value().components == 4) return std::nullopt;
  const DecodeLimits limits;
  if (check_decode_limits(header.value(), jpeg.size(), limits)) return std::nullopt;
  Session session{};
  session.in.err = jpeg_std_error(&session.errors);
  session.out.err = &session.errors;
  session.errors.error_exit = leave;
  session.errors.emit_message = say_nothing;
  session.in.client_data = &session;
  session.out.client_data = &session;
  session.deadline = Clock::now() + limits.max_duration;
  session.max_scans = limits.max_scans;
  const bool done =
      run(session, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size(), header.value().exif_orientation);
  std::optional<std::string> small;
  if (done) small.emplace(reinterpret_cast<const char*>(session.bytes), session.size);
  // Both know whether they were made.
  jpeg_destroy_compress(&session.out);
  jpeg_destroy_decompress(&session.in);
  std::free(session.bytes);  // NOLINT: libjpeg allocates with malloc
  return small;
}

}  // namespace animalctl::label
