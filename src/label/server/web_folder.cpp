#include "label/server/web_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "animalctl/base/error.h"

namespace animalctl::label {
namespace {

constexpr std::string_view kAssets = "assets/";

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTypes = {
    {{".html", "text/html; charset=utf-8"},
     {".js", "text/javascript; charset=utf-8"},
     {".css", "text/css; charset=utf-8"},
     {".json", "application/json"},
     {".svg", "image/svg+xml"},
     {".png", "image/png"},
     {".woff2", "font/woff2"},
     {".txt", "text/plain; charset=utf-8"},
     {".map", "application/json"}}};

bool is_plain_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 255 && name.front() != '.' && std::all_of(name.begin(), name.end(), is_plain);
}

std::string_view type_of(std::string_view name) {
  for (const auto& [suffix, type] : kTypes) {
    if (name.ends_with(suffix)) return type;
  }
  return "application/octet-stream";
}

}  // namespace

WebFolder::WebFolder(const std::filesystem::path& folder) {
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ >= 0 && ::faccessat(folder_, "index.html", R_OK, 0) == 0) {
    assets_ = ::openat(folder_, "assets", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return;
  }
  if (folder_ >= 0) ::close(folder_);
  throw Error(ErrorCode::NotFound,
              fmt::format("--web-root {}: there is no index.html; build the pages (web/README.md)", folder.string()));
}

WebFolder::~WebFolder() {
  ::close(folder_);
  if (assets_ >= 0) ::close(assets_);
}

std::optional<http::Response> WebFolder::find(std::string_view path) const {
  const bool is_asset = path.starts_with(kAssets);
  const std::string name(is_asset ? path.substr(kAssets.size()) : path);
  const int folder = is_asset ? assets_ : folder_;
  if (folder < 0 || !is_plain_name(name)) return std::nullopt;
  const int file = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct stat status {};
  const bool regular = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  auto body = std::make_shared<const http::FileBody>(file, regular ? static_cast<std::uint64_t>(status.st_size) : 0);
  if (!regular) return std::nullopt;
  http::Response response;
  response.content_type = type_of(name);
  response.headers = {{"Cache-Control", "no-cache"}, {"Content-Security-Policy", std::string(kPagePolicy)}};
  response.file = std::move(body);
  return response;
}

}  // namespace animalctl::label
