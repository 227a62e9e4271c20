#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <nlohmann/json.hpp>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "archive/archive_names.h"
#include "archive/folder_members.h"
#include "archive/manifest.h"
#include "archive/metadata.h"
#include "archive/scratch_folder.h"
#include "archive/signature.h"
#include "archive/unpack.h"

namespace animalctl::archive {
namespace fs = std::filesystem;

struct OpenArchive::State {
  std::string origin;
  std::unique_ptr<ScratchFolder> scratch;  // none for an archive that is a folder
  fs::path folder;
  std::vector<Member> members;
  Digest digest;
  Manifest manifest;
  nlohmann::ordered_json metadata;
  std::vector<std::string> names;
  bool is_signed = false;

  void read_packed(const ArchiveLimits& limits, const fs::path& scratch_parent);
  void strip_top_folder();
  void describe(const fs::path& verify_key);

 private:
  const Member* find(std::string_view name) const;
  std::string read(const Member& member) const;
  std::string inside(std::string_view name) const { return fmt::format("{} in {}", name, origin); }
  void check_signature(const std::string& metadata_text, const fs::path& verify_key) const;
};

namespace {

// Of JSON files and signatures; weights are never read into memory here.
constexpr std::uint64_t kLargestText = std::uint64_t{16} << 20;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

Digest digest_of_file(int descriptor, const std::string& origin) {
  std::vector<std::byte> buffer(std::size_t{256} << 10);
  Sha256 computation;
  while (true) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, fmt::format("read {}", origin));
    if (count == 0) break;
    computation.update(std::span<const std::byte>(buffer.data(), static_cast<std::size_t>(count)));
  }
  if (::lseek(descriptor, 0, SEEK_SET) != 0) throw error_from_errno(errno, fmt::format("read {}", origin));
  return computation.finish();
}

}  // namespace

void OpenArchive::State::read_packed(const ArchiveLimits& limits, const fs::path& scratch_parent) {
  // Without O_NONBLOCK a pipe of that name would hold the program.
  const Descriptor file(::open(origin.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) throw error_from_errno(errno, fmt::format("read {}", origin));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw error_from_errno(errno, fmt::format("read {}", origin));
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} is no model archive: neither a file nor a folder", origin));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limits.max_archive_bytes) {
    throw Error(ErrorCode::ResourceExhausted,
                fmt::format("{} is over a limit: {}, accepted are {}", origin, human_bytes(static_cast<double>(size)),
                            human_bytes(static_cast<double>(limits.max_archive_bytes))));
  }
  digest = digest_of_file(file.get(), origin);
  scratch = std::make_unique<ScratchFolder>(scratch_parent);
  folder = scratch->path();
  members = unpack(file.get(), size, origin, folder, limits);
}

// torch-model-archiver puts everything in a .tgz below a folder of the model's name.
void OpenArchive::State::strip_top_folder() {
  if (find(kManifestName) != nullptr || members.empty()) return;
  const std::string& first = members.front().name;
  const std::string top = first.substr(0, first.find('/') + 1);
  const auto below_top = [&](const Member& member) { return member.name.starts_with(top); };
  if (top.empty() || !std::all_of(members.begin(), members.end(), below_top)) return;
  if (find(top + kManifestName) == nullptr) return;
  for (Member& member : members) member.name.erase(0, top.size());
  folder /= top.substr(0, top.size() - 1);
}

const Member* OpenArchive::State::find(std::string_view name) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

std::string OpenArchive::State::read(const Member& member) const {
  std::string text = read_text_file(folder / member.name, kLargestText);
  // An unpacked folder can change between two looks at it.
  if (sha256(text) != member.sha256) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} changed while it was read", inside(member.name)));
  }
  return text;
}

void OpenArchive::State::check_signature(const std::string& metadata_text, const fs::path& verify_key) const {
  const Member* const member = find(kSignatureName);
  if (member == nullptr) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("{} is not signed; a signature by the owner of {} is required (`animalctl archive --sign "
                            "KEY` makes one)",
                            origin, verify_key.string()));
  }
  if (!verify(metadata_text, read(*member), verify_key)) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("{}: the signature is not that of {}; the archive was changed, or signed with another key",
                            origin, verify_key.string()));
  }
}

void OpenArchive::State::describe(const fs::path& verify_key) {
  const Member* const manifest_member = find(kManifestName);
  if (manifest_member == nullptr) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} is no model archive: it has no {}", origin, kManifestName));
  }
  const Member* const metadata_member = find(kMetadataName);
  const std::string metadata_text = metadata_member == nullptr ? "" : read(*metadata_member);
  is_signed = metadata_member != nullptr && find(kSignatureName) != nullptr;
  // Before anything is believed that stands in the archive.
  if (!verify_key.empty()) check_signature(metadata_text, verify_key);
  if (metadata_member != nullptr) {
    metadata = parse_metadata(metadata_text, inside(kMetadataName));
    require_members(metadata, members, origin);
  }
  manifest = parse_manifest(read(*manifest_member), inside(kManifestName));
  if (!manifest.serialized_file.empty() && find(manifest.serialized_file) == nullptr) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: the file \"{}\" that its manifest names is not in it", origin,
                                                 printable(manifest.serialized_file)));
  }
  if (metadata_member != nullptr) {
    names = labels_of(metadata);
  } else if (const Member* const labels = find(kLabelsName)) {
    names = parse_labels(read(*labels), inside(kLabelsName));
  }
}

OpenArchive OpenArchive::open(const fs::path& path, const ArchiveLimits& limits, const fs::path& verify_key,
                              const fs::path& scratch) {
  auto state = std::make_unique<State>();
  state->origin = path.string();
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no model archive {}", path.string()));
  }
  if (fs::is_directory(status)) {
    state->folder = path;
    state->members = list_folder(path, limits);
  } else {
    state->read_packed(limits, scratch);
  }
  state->strip_top_folder();
  if (fs::is_directory(status)) state->digest = digest_of(state->members);
  state->describe(verify_key);
  return OpenArchive(std::move(state));
}

OpenArchive::OpenArchive(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpenArchive::OpenArchive(OpenArchive&&) noexcept = default;
OpenArchive& OpenArchive::operator=(OpenArchive&&) noexcept = default;
OpenArchive::~OpenArchive() = default;

const Manifest& OpenArchive::manifest() const {
  return state_->manifest;
}
const fs::path& OpenArchive::folder() const {
  return state_->folder;
}
const std::vector<Member>& OpenArchive::members() const {
  return state_->members;
}
const nlohmann::ordered_json& OpenArchive::metadata() const {
  return state_->metadata;
}
const std::vector<std::string>& OpenArchive::names() const {
  return state_->names;
}
const Digest& OpenArchive::digest() const {
  return state_->digest;
}
bool OpenArchive::is_signed() const {
  return state_->is_signed;
}

}  // namespace animalctl::archive
