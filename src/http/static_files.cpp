#include "http/static_files.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl::http {
namespace {

// Whether an If-None-Match field holds the tag, compared weakly as RFC 9110 §13.1.2 says.
bool names_tag(std::string_view field, std::string_view etag) {
  if (trim(field) == "*") return true;
  for (const std::string& part : split(field, ',')) {
    std::string_view tag = trim(part);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

// Two codings of one file are not the same bytes, so that they need two strong tags (RFC 9110 §8.8.3.3).
std::string compressed_tag(std::string_view etag) {
  return std::string(etag.substr(0, etag.size() - 1)) + "-gzip\"";
}

// The weight of one member of Accept-Encoding: "gzip;q=0.5" is 0.5, no weight is 1, one that is unreadable 0.
double weight_of(const std::vector<std::string>& parameters) {
  for (std::size_t i = 1; i < parameters.size(); ++i) {
    const std::string parameter = to_lower(trim(parameters[i]));
    if (!parameter.starts_with("q=")) continue;
    const std::string number = parameter.substr(2);
    char* end = nullptr;
    const double weight = std::strtod(number.c_str(), &end);
    return end == number.c_str() + number.size() && !number.empty() ? weight : 0.0;
  }
  return 1.0;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  double any = 0;
  for (const std::string& member : split(accept_encoding, ',')) {
    const std::vector<std::string> parameters = split(member, ';');
    const std::string coding = to_lower(trim(parameters.front()));
    if (coding == "gzip" || coding == "x-gzip") return weight_of(parameters) > 0;
    if (coding == "*") any = weight_of(parameters);
  }
  return any > 0;
}

std::string gunzip(std::string_view gzip, std::size_t size) {
  std::string content(size, '\0');
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (::inflateInit2(&stream, kGzipOnly) != Z_OK) throw Error(ErrorCode::Internal, "zlib cannot be started");
  // zlib's interface takes the input as not const; it does not write to it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(size);
  const int outcome = ::inflate(&stream, Z_FINISH);
  const bool whole = outcome == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  ::inflateEnd(&stream);
  if (!whole) throw Error(ErrorCode::DataLoss, fmt::format("a gzip member does not hold {} bytes", size));
  return content;
}

std::optional<Response> StaticFiles::find(std::string_view path, const Request& request) const {
  const auto file = std::find_if(files_.begin(), files_.end(), [&](const EmbeddedFile& f) { return f.path == path; });
  if (file == files_.end()) return std::nullopt;
  Response response;
  const bool hashed_name = path.starts_with("assets/");
  const bool gzip = accepts_gzip(request.header("Accept-Encoding").value_or(""));
  const std::string etag = gzip ? compressed_tag(file->etag) : std::string(file->etag);
  response.headers = {{"ETag", etag},
                      {"Cache-Control", hashed_name ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", policy_},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  const auto known = request.header("If-None-Match");
  if (known && names_tag(*known, etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = file->content_type;
  if (gzip) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file->gzip;
  } else {
    response.body = gunzip(file->gzip, file->size);
  }
  return response;
}

}  // namespace animalctl::http
