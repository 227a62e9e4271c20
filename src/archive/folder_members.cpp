#include "archive/folder_members.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "archive/archive_names.h"

namespace animalctl::archive {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMemberBlock = std::size_t{64} << 10;

class MemberFile {
 public:
  explicit MemberFile(const fs::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) {}
  ~MemberFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  MemberFile(const MemberFile&) = delete;
  MemberFile& operator=(const MemberFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Reads one file; `left` bytes may still come.
Member hash_file(const fs::path& path, std::string name, std::uint64_t& left, const ArchiveLimits& limits,
                 const std::string& origin) {
  const MemberFile file(path);
  const auto fail = [&] { return error_from_errno(errno, fmt::format("read {}", path.string())); };
  if (file.get() < 0) throw fail();
  Member member{std::move(name), 0, {}};
  Sha256 computation;
  std::vector<std::byte> buffer(kMemberBlock);
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw fail();
    if (count == 0) break;
    const auto size = static_cast<std::size_t>(count);
    if (size > left) {
      throw Error(ErrorCode::ResourceExhausted,
                  fmt::format("{} is over a limit: its files have over {}", origin,
                              human_bytes(static_cast<double>(limits.max_unpacked_bytes))));
    }
    left -= size;
    member.size += size;
    computation.update(std::span<const std::byte>(buffer.data(), size));
  }
  member.sha256 = computation.finish();
  return member;
}

}  // namespace

std::vector<Member> list_folder(const fs::path& folder, const ArchiveLimits& limits) {
  const std::string origin = folder.string();
  MemberNames names(origin);
  std::vector<Member> members;
  std::uint64_t left = limits.max_unpacked_bytes;
  std::size_t entries = 0;
  std::error_code code;
  fs::recursive_directory_iterator place(folder, fs::directory_options::none, code);
  for (; !code && place != fs::recursive_directory_iterator(); place.increment(code)) {
    if (++entries > limits.max_files) {
      throw Error(ErrorCode::ResourceExhausted,
                  fmt::format("{} is over a limit: it has over {} members", origin, limits.max_files));
    }
    const std::string raw = place->path().lexically_relative(folder).string();
    const fs::file_status status = place->symlink_status(code);
    if (code) break;
    if (!fs::is_regular_file(status) && !fs::is_directory(status)) {
      throw Error(ErrorCode::DataLoss, fmt::format("{}: the member \"{}\" is refused: a link, device or other special "
                                                   "file; plain files and folders are accepted",
                                                   origin, printable(raw)));
    }
    std::string name = names.accept(raw, fs::is_directory(status));
    if (fs::is_regular_file(status)) {
      members.push_back(hash_file(place->path(), std::move(name), left, limits, origin));
    }
  }
  if (code) throw error_from_errno(code.value(), fmt::format("read {}", origin));
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
  return members;
}

Digest digest_of(const std::vector<Member>& members) {
  std::vector<const Member*> sorted;
  sorted.reserve(members.size());
  for (const Member& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) { return a->name < b->name; });
  Sha256 computation;
  for (const Member* member : sorted) {
    computation.update(fmt::format("{} {} {}\n", member->sha256.hex(), member->size, member->name));
  }
  return computation.finish();
}

}  // namespace animalctl::archive
