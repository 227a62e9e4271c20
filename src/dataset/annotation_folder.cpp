#include "animalctl/dataset/annotation_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <cerrno>
#include <string>
#include <utility>

#include "animalctl/dataset/frame_listing.h"

namespace animalctl {
namespace {

// An annotation has about 70 bytes; a limit keeps a stray file from being read whole.
constexpr std::size_t kMaxAnnotationBytes = std::size_t{1} << 20;

// Reads until the end of the file; returns errno, 0 when all went well, EFBIG when it is too large.
int read_small_file(int folder, const char* name, std::string& text) {
  // O_NONBLOCK: a pipe of that name must not hold up the whole job.
  const int descriptor = ::openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return errno;
  int failure = 0;
  std::size_t filled = 0;
  text.resize(512);
  while (true) {
    if (filled == text.size()) text.resize(text.size() * 4);
    const ssize_t count = ::read(descriptor, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failure = errno;
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > kMaxAnnotationBytes) {
      failure = EFBIG;
      break;
    }
    // A read that did not fill the buffer was the last of a regular file.
    if (filled < text.size()) break;
  }
  ::close(descriptor);
  text.resize(filled);
  return failure;
}

// "a.jpg.json", or a name that was shortened: few files or none, so that reading asks for no file that is not there.
bool may_be_qualified(std::string_view name) {
  constexpr std::string_view kSuffix = ".json";
  constexpr std::size_t kShortened = 200;
  if (!name.ends_with(kSuffix)) return false;
  return is_frame_name(name.substr(0, name.size() - kSuffix.size())) || name.size() > kShortened;
}

std::string_view file_name_of(std::string_view frame) {
  return frame.substr(frame.rfind('/') + 1);
}

}  // namespace

AnnotationFolder::AnnotationFolder(std::filesystem::path folder, StemOwners owners)
    : path_(std::move(folder)), owners_(std::move(owners)) {
  const std::string name = path_.empty() ? "." : path_.string();
  descriptor_ = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ >= 0) {
    for (FolderEntry& entry : list_folder(name)) {
      if (may_be_qualified(entry.name)) qualified_.insert(std::move(entry.name));
    }
    return;
  }
  if (errno == ENOENT) {
    throw Error(ErrorCode::NotFound,
                fmt::format("there is no annotations folder {}; give --annotations-dir, or label some frames", name));
  }
  throw error_from_errno(errno, fmt::format("read the annotations folder {}", name));
}

AnnotationFolder::~AnnotationFolder() {
  ::close(descriptor_);
}

std::string AnnotationFolder::name_of(std::string_view frame) const {
  const std::string_view name = file_name_of(frame);
  if (!owners_.owns(name)) return qualified_annotation_name(name);
  if (!qualified_.empty()) {
    std::string qualified = qualified_annotation_name(name);
    if (qualified_.contains(qualified)) return qualified;
  }
  return plain_annotation_name(name);
}

Result<Annotation> AnnotationFolder::read(std::string_view frame) const {
  const std::string name = name_of(frame);
  std::string text;
  const int failure = read_small_file(descriptor_, name.c_str(), text);
  const auto origin = [&] { return (path_ / name).string(); };
  if (failure == ENOENT) {
    return Error(ErrorCode::NotFound, fmt::format("{} has no annotation ({} does not exist)", frame, origin()));
  }
  if (failure == EFBIG) {
    return Error(ErrorCode::DataLoss, fmt::format("{} is not an annotation: it is larger than 1 MiB", origin()));
  }
  if (failure != 0) return error_from_errno(failure, fmt::format("read {}", origin()));
  try {
    return parse_annotation(text, origin());
  } catch (const Error& error) {
    return error;
  }
}

Result<int> AnnotationFolder::read_label(std::string_view frame, const ClassList& classes) const {
  const Result<Annotation> annotation = read(frame);
  if (!annotation) return annotation.error();
  if (const std::optional<int> label = classes.index_of(annotation.value().label)) return *label;
  return label_of(annotation.value(), classes, (path_ / name_of(frame)).string());
}

std::string_view frame_stem(std::string_view frame) {
  const std::size_t slash = frame.rfind('/');
  if (slash != std::string_view::npos) frame.remove_prefix(slash + 1);
  const std::size_t dot = frame.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? frame : frame.substr(0, dot);
}

Result<int> label_of(const Annotation& annotation, const ClassList& classes, std::string_view origin) {
  if (const std::optional<int> label = classes.index_of(annotation.label)) return *label;
  return Error(ErrorCode::DataLoss,
               fmt::format("{}: the label \"{}\" is none of the classes {}; correct it or add it to "
                           "--classes",
                           origin, annotation.label, classes.joined()));
}

}  // namespace animalctl
