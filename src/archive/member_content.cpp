#include "archive/member_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>
#include <boost/crc.hpp>

#include <cerrno>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::archive {
namespace {

using Take = std::function<void(std::span<const std::byte>)>;

constexpr std::size_t kContentBlock = std::size_t{256} << 10;

class ContentFile {
 public:
  explicit ContentFile(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) fail();
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail();
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::InvalidArgument, fmt::format("cannot pack {}: a file is needed", path.string()));
    }
  }
  ~ContentFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ContentFile(const ContentFile&) = delete;
  ContentFile& operator=(const ContentFile&) = delete;

  std::size_t read(std::span<std::byte> buffer) {
    while (true) {
      const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const { throw error_from_errno(errno, fmt::format("pack {}", path_.string())); }

  const std::filesystem::path& path_;
  int descriptor_;
};

void read_source(const MemberSource& source, const Take& take) {
  if (source.file.empty()) {
    take(as_byte_span(source.text));
    return;
  }
  ContentFile file(source.file);
  std::vector<std::byte> buffer(kContentBlock);
  while (const std::size_t count = file.read(buffer)) take(std::span<const std::byte>(buffer).first(count));
}

}  // namespace

PackedMember look_at(MemberSource source) {
  PackedMember packed{{source.name, 0, {}}, 0, {}};
  Sha256 digest;
  boost::crc_32_type checksum;
  read_source(source, [&](std::span<const std::byte> block) {
    packed.member.size += block.size();
    digest.update(block);
    checksum.process_bytes(block.data(), block.size());
  });
  packed.member.sha256 = digest.finish();
  packed.crc32 = checksum.checksum();
  packed.source = std::move(source);
  return packed;
}

void for_each_block(const PackedMember& packed, const Take& take) {
  Sha256 digest;
  std::uint64_t size = 0;
  const auto changed = [&] {
    return Error(ErrorCode::DataLoss,
                 fmt::format("{} changed while it was packed; try again", packed.source.file.string()));
  };
  read_source(packed.source, [&](std::span<const std::byte> block) {
    size += block.size();
    // More would not fit into what its header says.
    if (size > packed.member.size) throw changed();
    digest.update(block);
    take(block);
  });
  if (digest.finish() != packed.member.sha256) throw changed();
}

}  // namespace animalctl::archive
