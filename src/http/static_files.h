#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "animalctl/http/message.h"

namespace animalctl::http {

// A file that is part of the program: written by cmake/Embed.cmake, lives as long as the program.
struct EmbeddedFile {
  std::string_view path;          // below its folder: "index.html", "assets/page-4f2a.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view etag;          // strong, with its quotation marks; of the content that is not compressed
  std::string_view gzip;          // the content, gzip'd
  std::size_t size = 0;           // bytes of the content that is not compressed
};

// The page policy of files that load nothing from elsewhere and run no inline script (Content Security Policy level 3).
inline constexpr std::string_view kStrictPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Embedded files under their own names. Immutable, thread-safe.
class StaticFiles {
 public:
  // `files` must outlive this. `policy` goes with every answer as Content-Security-Policy.
  explicit StaticFiles(std::span<const EmbeddedFile> files, std::string policy = std::string(kStrictPolicy))
      : files_(files), policy_(std::move(policy)) {}

  bool empty() const { return files_.empty(); }
  // The answer for the file named `path`, nothing when there is none: 200, or 304 when If-None-Match has its ETag;
  // compressed when Accept-Encoding takes gzip (RFC 9110 §12.5.3). Files in assets/ have their hash in their name and
  // may be kept for ever, others are asked for again. With nosniff, no-referrer and the policy.
  std::optional<Response> find(std::string_view path, const Request& request) const;

 private:
  std::span<const EmbeddedFile> files_;
  std::string policy_;
};

// True when an Accept-Encoding field takes gzip with a weight above 0. No field: false, the plain file is always right.
bool accepts_gzip(std::string_view accept_encoding);

// Decompresses one gzip member (RFC 1952) whose content has `size` bytes. Throws DataLoss when it has not.
std::string gunzip(std::string_view gzip, std::size_t size);

}  // namespace animalctl::http
