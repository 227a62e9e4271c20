#include "label/server/image_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "label/server/answers.h"

namespace animalctl::label {
namespace {

// Larger ones are sent from the file.
constexpr std::uint64_t kInMemory = std::uint64_t{64} << 10;

std::size_t read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(descriptor, to + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, "read an image");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace

std::string_view image_type_of(std::string_view first) {
  if (first.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (first.starts_with(std::string_view("\x89PNG\r\n\x1A\n", 8))) return "image/png";
  if (first.starts_with("RIFF") && first.size() >= 12 && first.substr(8, 4) == "WEBP") return "image/webp";
  // "BM" alone begins many texts; the four bytes behind the size are 0 in every bitmap.
  if (first.starts_with("BM") && first.size() >= 10 && first.substr(6, 4) == std::string_view("\0\0\0\0", 4)) {
    return "image/bmp";
  }
  return "";
}

ImageFile::ImageFile(const LabelStore& store, std::string_view name) : file_(store.open_image(name)) {
  std::array<char, 16> first{};
  try {
    const std::size_t count = read_at(file_.descriptor, first.data(), first.size(), 0);
    type_ = image_type_of(std::string_view(first.data(), count));
  } catch (...) {
    ::close(file_.descriptor);
    throw;
  }
  etag_ = fmt::format("\"{:x}-{:x}\"", file_.modified_at.time_since_epoch().count(), file_.bytes);
}

ImageFile::~ImageFile() {
  if (file_.descriptor >= 0) ::close(file_.descriptor);
}

int ImageFile::release() {
  return std::exchange(file_.descriptor, -1);
}

std::string ImageFile::read(std::uint64_t most) const {
  if (file_.bytes > most) {
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("the image has {}, more than {}", human_bytes(static_cast<double>(file_.bytes)),
                            human_bytes(static_cast<double>(most))));
  }
  std::string content(static_cast<std::size_t>(file_.bytes), '\0');
  if (read_at(file_.descriptor, content.data(), content.size(), 0) != content.size()) {
    throw Error(ErrorCode::DataLoss, "the image became shorter while it was read");
  }
  return content;
}

http::Headers image_fields(std::string_view etag) {
  return {{"ETag", std::string(etag)},
          // Asked for again each time: a name may stand for another image after a rejection and an import.
          {"Cache-Control", "private, no-cache"},
          {"X-Content-Type-Options", "nosniff"},
          {"Content-Security-Policy", "default-src 'none'; sandbox"},
          {"Content-Disposition", "inline"}};
}

bool is_known(const http::Request& request, std::string_view etag) {
  const std::string field = request.header("If-None-Match").value_or("");
  for (const std::string& part : split(field, ',')) {
    std::string_view tag = trim(part);
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

http::Response not_modified(std::string_view etag) {
  http::Response response;
  response.status = 304;
  response.headers = image_fields(etag);
  return response;
}

http::Response image_answer(const LabelStore& store, std::string_view name, const http::Request& request) {
  ImageFile file(store, name);
  if (file.type().empty()) {
    return message_answer(415, "the file is no PNG, JPEG, WebP or BMP image and is not shown");
  }
  if (is_known(request, file.etag())) return not_modified(file.etag());
  http::Response response;
  response.headers = image_fields(file.etag());
  response.content_type = file.type();
  if (file.bytes() <= kInMemory) {
    response.body = file.read(kInMemory);
  } else {
    const std::uint64_t bytes = file.bytes();
    response.file = std::make_shared<const http::FileBody>(file.release(), bytes);
  }
  return response;
}

}  // namespace animalctl::label
