#include "image/jpeg_decoder.h"

#include <fmt/core.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

namespace animalctl::image {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMaxWarnings = 4;
constexpr int kRowsAtOnce = 16;

enum class StopReason { None, Corrupt, Deadline, TooManyScans };

// Everything libjpeg calls back into. It holds no object with a destructor, because libjpeg leaves
// by longjmp: no C++ object may live in a frame that is jumped over.
struct JpegSession {
  jpeg_decompress_struct codec;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf jump;
  StopReason stop;
  char message[JMSG_LENGTH_MAX];
  char warnings[kMaxWarnings][JMSG_LENGTH_MAX];
  int warning_codes[kMaxWarnings];
  int warning_count;
  Clock::time_point deadline;
  int max_scans;
  unsigned ticks;
  bool pixels_done;
};

JpegSession& session_of(j_common_ptr codec) {
  return *static_cast<JpegSession*>(codec->client_data);
}

[[noreturn]] void leave(JpegSession& session, StopReason reason) {
  session.stop = reason;
  std::longjmp(session.jump, 1);
}

[[noreturn]] void on_error(j_common_ptr codec) {
  JpegSession& session = session_of(codec);
  codec->err->format_message(codec, session.message);
  leave(session, StopReason::Corrupt);
}

// Level -1 is a warning: the data is damaged. Higher levels are traces.
void on_message(j_common_ptr codec, int level) {
  JpegSession& session = session_of(codec);
  if (level >= 0 || session.warning_count == kMaxWarnings) return;
  const int code = codec->err->msg_code;
  const int* const end = session.warning_codes + session.warning_count;
  if (std::find(static_cast<const int*>(session.warning_codes), end, code) != end) return;
  codec->err->format_message(codec, session.warnings[session.warning_count]);
  session.warning_codes[session.warning_count++] = code;
}

// Called for every row of blocks; most of a progressive bomb's time passes here.
void on_progress(j_common_ptr codec) {
  JpegSession& session = session_of(codec);
  if (session.codec.input_scan_number > session.max_scans) leave(session, StopReason::TooManyScans);
  if ((++session.ticks & 7u) == 0 && Clock::now() > session.deadline) leave(session, StopReason::Deadline);
}

void open_session(JpegSession& session, const DecodeLimits& limits) {
  session.codec.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = on_error;
  session.errors.emit_message = on_message;
  session.codec.client_data = &session;
  session.stop = StopReason::None;
  session.warning_count = 0;
  session.deadline = Clock::now() + limits.max_duration;
  session.max_scans = limits.max_scans;
  session.ticks = 0;
  session.pixels_done = false;
  session.message[0] = '\0';
}

// The greatest of 8, 4, 2, 1 by which the picture can be divided and stay as large as it must be.
unsigned reduction_of(const jpeg_decompress_struct& codec, const ReducedDecoding& how) {
  if (how.min_width <= 0 || how.min_height <= 0) return 1;
  unsigned divisor = 8;
  while (divisor > 1 && (codec.image_width / divisor < static_cast<unsigned>(how.min_width) ||
                         codec.image_height / divisor < static_cast<unsigned>(how.min_height))) {
    divisor /= 2;
  }
  return divisor;
}

J_COLOR_SPACE output_space(const jpeg_decompress_struct& codec, bool grey) {
  if (codec.num_components == 4) return JCS_CMYK;
  const bool has_luma = codec.jpeg_color_space == JCS_YCbCr || codec.jpeg_color_space == JCS_GRAYSCALE;
  return grey && has_luma ? JCS_GRAYSCALE : JCS_RGB;
}

// True when the header could be read and the output size is known.
bool read_header(JpegSession& session, const unsigned char* data, unsigned long size, const ReducedDecoding& how,
                 long max_memory) {
  if (setjmp(session.jump) != 0) return false;
  jpeg_create_decompress(&session.codec);
  session.codec.mem->max_memory_to_use = max_memory;
  session.codec.progress = &session.progress;
  session.progress.progress_monitor = on_progress;
  jpeg_mem_src(&session.codec, data, size);
  // OpenCV's only use of markers is EXIF, which our header parser reads; none is stored here.
  jpeg_read_header(&session.codec, TRUE);
  session.codec.out_color_space = output_space(session.codec, how.grey);
  session.codec.scale_num = 1;
  session.codec.scale_denom = reduction_of(session.codec, how);
  if (how.quick) session.codec.do_fancy_upsampling = FALSE;
  jpeg_calc_output_dimensions(&session.codec);
  return true;
}

// OpenCV's formula (modules/imgcodecs/src/utils.cpp, icvCvt_CMYK2BGR_8u_C4C3R): K is stored inverted.
void cmyk_row_to_rgb(const unsigned char* cmyk, unsigned char* rgb, unsigned width) {
  for (unsigned x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int k = cmyk[3];
    for (int channel = 0; channel < 3; ++channel) {
      rgb[channel] = static_cast<unsigned char>(k - ((255 - cmyk[channel]) * k >> 8));
    }
  }
}

void read_plain_rows(JpegSession& session, unsigned char* pixels) {
  jpeg_decompress_struct& codec = session.codec;
  const std::size_t stride = std::size_t{codec.out_color_space == JCS_GRAYSCALE ? 1U : 3U} * codec.output_width;
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW rows[kRowsAtOnce];
    for (unsigned i = 0; i < kRowsAtOnce; ++i) rows[i] = pixels + stride * (codec.output_scanline + i);
    const unsigned left = codec.output_height - codec.output_scanline;
    jpeg_read_scanlines(&codec, rows, std::min<unsigned>(left, kRowsAtOnce));
  }
}

void read_cmyk_rows(JpegSession& session, unsigned char* pixels) {
  jpeg_decompress_struct& codec = session.codec;
  const JSAMPARRAY row =
      (*codec.mem->alloc_sarray)(reinterpret_cast<j_common_ptr>(&codec), JPOOL_IMAGE, codec.output_width * 4, 1);
  const std::size_t stride = std::size_t{3} * codec.output_width;
  while (codec.output_scanline < codec.output_height) {
    unsigned char* const target = pixels + stride * codec.output_scanline;
    jpeg_read_scanlines(&codec, row, 1);
    cmyk_row_to_rgb(row[0], target, codec.output_width);
  }
}

// True when all rows were written; `pixels` has room for the bytes of every pixel. Damage behind the last
// row does not matter any more, but is kept as a message.
bool read_pixels(JpegSession& session, unsigned char* pixels) {
  if (setjmp(session.jump) != 0) return session.pixels_done;
  jpeg_start_decompress(&session.codec);
  if (session.codec.out_color_space == JCS_CMYK) {
    read_cmyk_rows(session, pixels);
  } else {
    read_plain_rows(session, pixels);
  }
  session.pixels_done = true;
  jpeg_finish_decompress(&session.codec);
  return true;
}

// Frees what libjpeg allocated, however the decoding ended.
class SessionCloser {
 public:
  explicit SessionCloser(JpegSession& session) : session_(session) {}
  ~SessionCloser() { jpeg_destroy_decompress(&session_.codec); }
  SessionCloser(const SessionCloser&) = delete;
  SessionCloser& operator=(const SessionCloser&) = delete;

 private:
  JpegSession& session_;
};

Error failure_of(const JpegSession& session, const DecodeLimits& limits) {
  switch (session.stop) {
    case StopReason::Deadline:
      return Error(ErrorCode::DeadlineExceeded,
                   fmt::format("decoding the JPEG took longer than the {} ms allowed; make the image smaller or save "
                               "it as baseline JPEG",
                               limits.max_duration.count()));
    case StopReason::TooManyScans:
      return Error(
          ErrorCode::ResourceExhausted,
          fmt::format("the JPEG has more than the {} scans that are read; save the image again", limits.max_scans));
    case StopReason::Corrupt:
    case StopReason::None:
      break;
  }
  return Error(ErrorCode::DataLoss,
               fmt::format("the JPEG cannot be decoded: {}; replace the file or remove it", session.message));
}

}  // namespace

std::optional<Error> decode_jpeg(ByteSpan bytes, const ReducedDecoding& how, const DecodeLimits& limits, ImageU8& image,
                                 std::vector<std::string>& warnings) {
  JpegSession session{};
  open_session(session, limits);
  const SessionCloser closer(session);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (!read_header(session, data, bytes.size(), how, static_cast<long>(limits.max_memory))) {
    return failure_of(session, limits);
  }
  const std::uint64_t pixel_count = std::uint64_t{session.codec.output_width} * session.codec.output_height;
  if (pixel_count > limits.max_pixels) {
    return Error(ErrorCode::ResourceExhausted,
                 fmt::format("the JPEG is {} x {}, at most {} pixels are read; make it smaller",
                             session.codec.output_width, session.codec.output_height, limits.max_pixels));
  }
  image.width = static_cast<int>(session.codec.output_width);
  image.height = static_cast<int>(session.codec.output_height);
  image.channels = session.codec.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  image.pixels.resize(image.size());
  if (!read_pixels(session, image.pixels.data())) return failure_of(session, limits);
  for (int i = 0; i < session.warning_count; ++i) warnings.emplace_back(session.warnings[i]);
  if (session.stop == StopReason::Corrupt) warnings.emplace_back(session.message);
  return std::nullopt;
}

}  // namespace animalctl::image
