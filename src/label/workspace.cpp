#include "label/workspace.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/core.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/frame_listing.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostAnnotationBytes = std::size_t{1} << 20;
constexpr std::string_view kTemporary = ".animalctl-label-";

std::string temporary_name() {
  static std::atomic<unsigned int> counter{0};
  return fmt::format("{}{}-{}.tmp", kTemporary, ::getpid(), counter.fetch_add(1));
}

Descriptor open_folder(const fs::path& folder) {
  create_folders(folder);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw error_from_errno(errno, fmt::format("read the folder {}", folder.string()));
  if (::faccessat(descriptor, ".", W_OK | X_OK, AT_EACCESS) != 0) {
    const int failure = errno;
    ::close(descriptor);
    throw error_from_errno(failure, fmt::format("write into the folder {}", folder.string()));
  }
  return Descriptor(descriptor);
}

Descriptor take_lock(const fs::path& trash_dir) {
  create_folders(trash_dir);
  const fs::path file = trash_dir / ".label-server.lock";
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.get() < 0) throw error_from_errno(errno, fmt::format("write {}", file.string()));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("another label-server has this workspace (it holds {}); stop it first, or give this one "
                            "other folders",
                            file.string()));
  }
  return lock;
}

std::int64_t nanoseconds_of(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::optional<FileFacts> facts_at(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, 0) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileFacts{static_cast<std::uint64_t>(status.st_size),
                   std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000};
}

bool exists(int folder, const std::string& name) {
  struct stat status {};
  return ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

// A rename that never replaces a file. Some file systems cannot promise it; then a look before must do.
bool move_if_free(int from, const std::string& old_name, int to, const std::string& new_name) {
  if (::renameat2(from, old_name.c_str(), to, new_name.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) {
    if (exists(to, new_name)) return false;
    if (::renameat(from, old_name.c_str(), to, new_name.c_str()) == 0) return true;
  }
  if (errno == ENOENT || errno == EEXIST) return false;
  throw error_from_errno(errno, fmt::format("move {} to {}", old_name, new_name));
}

void write_all(int descriptor, std::span<const std::byte> bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, fmt::format("write {}", what));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void sweep(int folder, const fs::path& path) {
  for (const FolderEntry& entry : list_folder(path)) {
    if (entry.name.starts_with(kTemporary)) ::unlinkat(folder, entry.name.c_str(), 0);
  }
}

// Below `folder` and never through a link that leaves it (Linux 5.6); older kernels get no links at all.
int open_beneath(int folder, const std::string& name) {
  struct open_how how {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long descriptor = ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
  if (descriptor >= 0 || errno != ENOSYS) return static_cast<int>(descriptor);
  return ::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
}

// A rename does not cross file systems.
void require_same_file_system(int folder, int trash, std::string_view kind, const fs::path& path,
                              const fs::path& trash_dir) {
  struct stat first {};
  struct stat second {};
  if (::fstat(folder, &first) != 0 || ::fstat(trash, &second) != 0 || first.st_dev == second.st_dev) return;
  throw Error(
      ErrorCode::FailedPrecondition,
      fmt::format("the trash {} and the {} folder {} lie on different file systems, so that nothing can be moved "
                  "between them; give a trash folder beside the {}",
                  trash_dir.string(), kind, path.string(), kind));
}

std::string free_name(int folder, std::string_view name, const std::set<std::string>& promised = {}) {
  std::string candidate(name);
  for (unsigned int number = 2; promised.contains(candidate) || exists(folder, candidate); ++number) {
    candidate = numbered_name(name, number);
  }
  return candidate;
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}
Descriptor::Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}
int Descriptor::release() {
  return std::exchange(value_, -1);
}

std::string numbered_name(std::string_view name, unsigned int number) {
  constexpr std::size_t kLongest = 255;
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos || dot == 0 ? "" : name.substr(dot);
  std::string_view stem = name.substr(0, name.size() - extension.size());
  const std::string suffix = fmt::format("-{}{}", number, extension);
  std::size_t kept = std::min(stem.size(), kLongest - std::min(kLongest, suffix.size()));
  if (kept < stem.size()) {
    while (kept > 0 && (static_cast<unsigned char>(stem[kept]) & 0xc0) == 0x80) --kept;
  }
  return std::string(stem.substr(0, kept)) + suffix;
}

Workspace::Workspace(const LabelStoreOptions& options)
    : frames_dir_(options.frames_dir), annotations_dir_(options.annotations_dir), trash_dir_(options.trash_dir) {
  lock_ = take_lock(trash_dir_);
  frames_ = open_folder(frames_dir_);
  annotations_ = open_folder(annotations_dir_);
  trash_frames_ = open_folder(trash_dir_ / "frames");
  trash_annotations_ = open_folder(trash_dir_ / "annotations");
  trash_ = open_folder(trash_dir_);
  require_same_file_system(frames_.get(), trash_frames_.get(), "frames", frames_dir_, trash_dir_);
  require_same_file_system(annotations_.get(), trash_annotations_.get(), "annotations", annotations_dir_, trash_dir_);
  // All of them are in the one small folder: to look for them among a million frames takes half a second.
  sweep(trash_.get(), trash_dir_);
}

bool Workspace::follow_path(const Descriptor& folder, const fs::path& path) {
  struct stat held {};
  struct stat there {};
  const bool is_folder = ::stat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode);
  if (is_folder && ::fstat(folder.get(), &held) == 0 && held.st_dev == there.st_dev && held.st_ino == there.st_ino) {
    return true;
  }
  const Descriptor found(is_folder ? ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1);
  struct stat trash {};
  const bool usable = found.get() >= 0 && ::faccessat(found.get(), ".", W_OK | X_OK, AT_EACCESS) == 0 &&
                      ::fstat(found.get(), &there) == 0 && ::fstat(trash_.get(), &trash) == 0 &&
                      there.st_dev == trash.st_dev;
  // The number stays and means another folder from one moment to the next, whoever is using it.
  if (usable && ::dup3(found.get(), folder.get(), O_CLOEXEC) >= 0) {
    log::info("a folder was replaced by another, which is used from now on", {{"folder", path.string()}});
    return true;
  }
  if (!away_.exchange(true)) {
    log::warning(
        "a folder of the workspace is not at its place, or cannot be written, or lies on another file system "
        "than the trash; no label is saved until it is back",
        {{"folder", path.string()}});
  }
  return false;
}

bool Workspace::follow_paths() {
  bool all = true;
  for (const auto& [folder, path] : {std::pair<const Descriptor*, fs::path>{&trash_, trash_dir_},
                                     {&trash_frames_, trash_dir_ / "frames"},
                                     {&trash_annotations_, trash_dir_ / "annotations"},
                                     {&frames_, frames_dir_},
                                     {&annotations_, annotations_dir_}}) {
    all = follow_path(*folder, path) && all;
  }
  if (all) away_ = false;
  return all;
}

std::optional<FileFacts> Workspace::facts(std::string_view frame) const {
  return facts_at(frames_.get(), std::string(frame));
}
std::optional<FileFacts> Workspace::facts_in_trash(std::string_view trash_name) const {
  return facts_at(trash_frames_.get(), std::string(trash_name));
}

LabelStore::OpenFile Workspace::open_image(std::string_view frame, const std::string& trash_name) const {
  const bool in_trash = !trash_name.empty();
  const std::string name = in_trash ? trash_name : std::string(frame);
  Descriptor file(open_beneath(in_trash ? trash_frames_.get() : frames_.get(), name));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no image {} to read: its file is gone, may not be read, or "
                                                 "is a link that leaves the folder",
                                                 frame));
  }
  LabelStore::OpenFile opened;
  opened.path = (in_trash ? trash_dir_ / "frames" : frames_dir_) / name;
  opened.bytes = static_cast<std::uint64_t>(status.st_size);
  opened.modified_at =
      from_milliseconds(std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000);
  opened.descriptor = file.release();
  return opened;
}

std::vector<std::string> Workspace::trash_names() const {
  return list_frames(trash_dir_ / "frames");
}
std::string Workspace::free_trash_name(std::string_view frame, const std::set<std::string>& promised) const {
  return free_name(trash_frames_.get(), frame, promised);
}
bool Workspace::reject(const std::string& frame, const std::string& trash_name) const {
  return move_if_free(frames_.get(), frame, trash_frames_.get(), trash_name);
}
bool Workspace::restore(const std::string& trash_name, const std::string& frame) const {
  return move_if_free(trash_frames_.get(), trash_name, frames_.get(), frame);
}

Workspace::BroughtBack Workspace::bring_back(const std::string& trash_name, const std::string& frame) const {
  if (::linkat(trash_frames_.get(), trash_name.c_str(), frames_.get(), frame.c_str(), 0) == 0) return BroughtBack::Done;
  if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK) {
    if (restore(trash_name, frame)) return BroughtBack::Done;
    return exists(trash_frames_.get(), trash_name) ? BroughtBack::NameTaken : BroughtBack::Gone;
  }
  if (errno == EEXIST) return BroughtBack::NameTaken;
  if (errno == ENOENT) return BroughtBack::Gone;
  throw error_from_errno(errno, fmt::format("move {} out of the trash", frame));
}

void Workspace::finish_bringing_back(const std::string& trash_name, const std::string& frame) const noexcept {
  if (is_same_file(trash_name, frame)) ::unlinkat(trash_frames_.get(), trash_name.c_str(), 0);
}

void Workspace::undo_bringing_back(const std::string& trash_name, const std::string& frame) const noexcept {
  if (is_same_file(trash_name, frame)) {
    ::unlinkat(frames_.get(), frame.c_str(), 0);
  } else if (!exists(trash_frames_.get(), trash_name)) {
    (void)::renameat(frames_.get(), frame.c_str(), trash_frames_.get(), trash_name.c_str());
  }
}

bool Workspace::is_same_file(const std::string& trash_name, const std::string& frame) const {
  struct stat in_trash {};
  struct stat in_folder {};
  return ::fstatat(trash_frames_.get(), trash_name.c_str(), &in_trash, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstatat(frames_.get(), frame.c_str(), &in_folder, AT_SYMLINK_NOFOLLOW) == 0 &&
         in_trash.st_dev == in_folder.st_dev && in_trash.st_ino == in_folder.st_ino;
}

std::optional<std::int64_t> Workspace::annotation_time(const std::string& file) const {
  struct stat status {};
  if (::fstatat(annotations_.get(), file.c_str(), &status, 0) != 0) return std::nullopt;
  return nanoseconds_of(status);
}

AnnotationFile Workspace::read_annotation(const std::string& file) const {
  AnnotationFile found;
  // O_NONBLOCK: a pipe of that name must not hold up the server.
  const Descriptor descriptor(::openat(annotations_.get(), file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) {
    found.exists = errno != ENOENT;
    return found;
  }
  found.exists = true;
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode)) return found;
  found.modified_ns = nanoseconds_of(status);
  if (static_cast<std::uint64_t>(status.st_size) > kMostAnnotationBytes) return found;
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(descriptor.get(), text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  try {
    found.annotation = parse_annotation(text, file);
  } catch (const Error&) {
    found.annotation.reset();
  }
  return found;
}

std::string Workspace::stage_annotation(const Annotation& annotation) const {
  if (away_) {
    throw Error(ErrorCode::Unavailable, fmt::format("the labels cannot be saved now: {}, the frames or the trash were "
                                                    "moved away; put the folder back and try again",
                                                    annotations_dir_.string()));
  }
  std::string name = temporary_name();
  const Descriptor file(::openat(trash_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) throw error_from_errno(errno, fmt::format("write into {}", annotations_dir_.string()));
  try {
    write_all(file.get(), as_byte_span(to_json(annotation)), annotations_dir_.string());
  } catch (const Error&) {
    discard_annotation(name);
    throw;
  }
  return name;
}

std::int64_t Workspace::publish_annotation(const std::string& staged, const std::string& file) const {
  if (::renameat(trash_.get(), staged.c_str(), annotations_.get(), file.c_str()) != 0) {
    throw error_from_errno(errno, fmt::format("write {}", (annotations_dir_ / file).string()));
  }
  struct stat status {};
  if (::fstatat(annotations_.get(), file.c_str(), &status, 0) != 0) return 0;
  return nanoseconds_of(status);
}

void Workspace::discard_annotation(const std::string& staged) const noexcept {
  ::unlinkat(trash_.get(), staged.c_str(), 0);
}

void Workspace::retire_annotation(const std::string& file) const {
  while (exists(annotations_.get(), file)) {
    const std::string target = free_name(trash_annotations_.get(), file);
    if (move_if_free(annotations_.get(), file, trash_annotations_.get(), target)) return;
  }
}

bool Workspace::rename_annotation(const std::string& from, const std::string& to) const {
  return move_if_free(annotations_.get(), from, annotations_.get(), to);
}

bool Workspace::add_frame(const std::string& name, std::span<const std::byte> bytes) const {
  const std::string temporary = temporary_name();
  const Descriptor file(::openat(trash_.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) throw error_from_errno(errno, fmt::format("write into {}", trash_dir_.string()));
  try {
    write_all(file.get(), bytes, name);
    if (::fsync(file.get()) != 0) throw error_from_errno(errno, fmt::format("write {}", name));
    const bool moved = move_if_free(trash_.get(), temporary, frames_.get(), name);
    if (!moved) ::unlinkat(trash_.get(), temporary.c_str(), 0);
    if (moved) (void)::fsync(frames_.get());
    return moved;
  } catch (const Error&) {
    ::unlinkat(trash_.get(), temporary.c_str(), 0);
    throw;
  }
}

void Workspace::sync() const {
  for (const int folder : {annotations_.get(), frames_.get(), trash_frames_.get(), trash_annotations_.get()}) {
    if (::syncfs(folder) != 0) throw error_from_errno(errno, "write the labels to the disk");
  }
}

}  // namespace animalctl::label
