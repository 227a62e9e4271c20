#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "animalctl/http/message.h"

namespace animalctl::label {

// The policy of the labelling page: kStrictPolicy, and its form (the token) may be sent to ourselves.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

// A page from a folder instead of the program (--web-root): "index.html" and what is in "assets/". Read anew at each
// request. Thread-safe.
class WebFolder {
 public:
  // Throws NotFound: no such folder, or it has no index.html.
  explicit WebFolder(const std::filesystem::path& folder);
  ~WebFolder();
  WebFolder(const WebFolder&) = delete;
  WebFolder& operator=(const WebFolder&) = delete;

  // `path`: "index.html", "assets/page.js". Nothing for names of another form (letters, digits, . _ -; no dot first),
  // links, folders and what is not there.
  std::optional<http::Response> find(std::string_view path) const;

 private:
  int folder_ = -1;
  int assets_ = -1;  // -1: there is none
};

}  // namespace animalctl::label
