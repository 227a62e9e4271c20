#include "serve/model_store.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "animalctl/http/download.h"
#include "animalctl/http/url.h"

namespace animalctl::serve {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::uint64_t kMaxArchive = std::uint64_t{2} << 30;

bool has_archive_ending(std::string_view name) {
  return name.ends_with(".mar") || name.ends_with(".tgz") || name.ends_with(".tar.gz");
}

[[noreturn]] void not_found(const std::string& url) {
  throw ModelError(ModelFailure::ModelNotFound, ErrorCode::NotFound,
                   fmt::format("Model not found in model store: {}", url));
}

bool is_web_address(const std::string& url) {
  const std::string lower = to_lower(url.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://");
}

// "https://x/models/a.mar?x=y" → "a.mar"
std::string last_name(const std::string& url) {
  const http::Url parsed = http::parse_url(url);
  const std::string path = http::percent_decode(parsed.path.substr(0, parsed.path.find('?')));
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool is_model_name(std::string_view name) {
  const auto letter = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9');
  };
  return !name.empty() && name.size() <= 255 && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char character) {
           return letter(character) || character == '_' || character == '.' || character == '-';
         });
}

ModelStore::ModelStore(fs::path folder, const std::vector<std::string>& allowed_urls) : folder_(std::move(folder)) {
  for (const std::string& pattern : allowed_urls) {
    allowed_.emplace_back(pattern, std::regex::ECMAScript | std::regex::icase);
  }
}

FoundArchive ModelStore::find(const std::string& url) const {
  if (url.size() > kMaxUrl) {
    throw ModelError(ModelFailure::InvalidModel, ErrorCode::InvalidArgument,
                     fmt::format("Parameter url is longer than {} characters.", kMaxUrl));
  }
  if (is_web_address(url)) return fetch(url);
  const bool is_file = to_lower(url.substr(0, 7)) == "file://";
  const std::string name = is_file ? http::percent_decode(url.substr(7)) : url;
  if (name.empty() || name.find('\0') != std::string::npos) not_found(url);
  // A name is looked for in the store; an absolute path has to lie there.
  return {inside(fs::path(name).is_absolute() ? fs::path(name) : folder_ / name, url), false};
}

fs::path ModelStore::inside(const fs::path& wanted, const std::string& url) const {
  std::error_code failed;
  const fs::path store = fs::canonical(folder_, failed);
  if (failed) not_found(url);
  // Links are followed first: one that leads out of the store leads nowhere.
  fs::path real = fs::canonical(wanted, failed);
  if (failed || real == store) not_found(url);
  const auto [end, ignored] = std::mismatch(store.begin(), store.end(), real.begin(), real.end());
  if (end != store.end()) not_found(url);
  return real;
}

bool ModelStore::allowed(const std::string& url) const {
  return url.size() <= kMaxUrl && std::any_of(allowed_.begin(), allowed_.end(), [&](const std::regex& pattern) {
           return std::regex_match(url, pattern);
         });
}

FoundArchive ModelStore::fetch(const std::string& url) const {
  const auto refuse = [](const std::string& why) {
    throw ModelError(ModelFailure::DownloadFailed, ErrorCode::FailedPrecondition, why);
  };
  if (!allowed(url)) refuse(fmt::format("Given URL {} does not match any allowed URL(s)", url));
  std::string name;
  try {
    name = last_name(url);
  } catch (const Error& error) {
    refuse(fmt::format("Failed to download archive from: {} ({})", url, error.message()));
  }
  if (!is_model_name(name) || !has_archive_ending(name)) {
    refuse(fmt::format("Failed to download archive from: {} (its last part is no archive's name, like a.mar)", url));
  }
  const fs::path target = folder_ / name;
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(target, ignored))) {
    throw ModelError(ModelFailure::AlreadyRegistered, ErrorCode::AlreadyExists,
                     fmt::format("Model file already exists {}", name));
  }
  http::DownloadRequest request;
  request.url = url;
  request.target = target;
  request.any_content = true;
  request.max_bytes = kMaxArchive;
  request.may_redirect = [this](const http::Url& to) { return allowed(to.text()); };
  http::DownloadOptions options;
  options.retries = 1;
  SilentProgress progress;
  try {
    http::download(request, options, progress);
  } catch (const Error& error) {
    refuse(fmt::format("Failed to download archive from: {} ({})", http::parse_url(url).text(), error.message()));
  }
  return {fs::canonical(target), true};
}

std::vector<std::string> ModelStore::list() const {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entries(folder_, failed); !failed && entries != fs::directory_iterator();
       entries.increment(failed)) {
    const std::string name = entries->path().filename().string();
    std::error_code ignored;
    const bool unpacked = fs::is_regular_file(entries->path() / "MAR-INF" / "MANIFEST.json", ignored);
    const bool packed = has_archive_ending(name) && fs::is_regular_file(entries->path(), ignored);
    if (!name.starts_with('.') && (packed || unpacked)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace animalctl::serve
