#include "archive/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "archive/archive_names.h"
#include "archive/zip_directory.h"
#include "compat/utf8_locale.h"

namespace animalctl::archive {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kUnpackBlock = std::size_t{64} << 10;
// Below this much, a high ratio says nothing: a page of text deflates as well as a bomb.
constexpr std::uint64_t kRatioFloor = std::uint64_t{1} << 20;

struct FreeArchive {
  void operator()(::archive* reader) const { archive_read_free(reader); }
};

enum class Kind { Zip, GzipTar };

// A file that is being written; closed at the end.
class NewFile {
 public:
  NewFile(fs::path path, const std::string& origin) : path_(std::move(path)), origin_(origin) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail();
  }
  ~NewFile() { ::close(descriptor_); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

 private:
  [[noreturn]] void fail() const { throw error_from_errno(errno, fmt::format("unpack {}", origin_)); }

  fs::path path_;
  const std::string& origin_;
  int descriptor_ = -1;
};

class Unpacker {
 public:
  Unpacker(int descriptor, std::uint64_t packed_bytes, const std::string& origin, const fs::path& folder,
           const ArchiveLimits& limits)
      : packed_bytes_(packed_bytes), origin_(origin), folder_(folder), limits_(limits), names_(origin) {
    ::archive* const reader = reader_.get();
    if (reader == nullptr) throw std::bad_alloc();
    const Kind kind = kind_of(descriptor);
    if (kind == Kind::Zip) listed_ = check_zip_directory(descriptor, packed_bytes, origin);
    // The seekable reader follows the list at the end of the file, as every zip program does; the streaming one would
    // take whatever looks like a member on the way.
    const bool ready = kind == Kind::Zip ? archive_read_support_format_zip_seekable(reader) == ARCHIVE_OK
                                         : archive_read_support_filter_gzip(reader) == ARCHIVE_OK &&
                                               archive_read_support_format_tar(reader) == ARCHIVE_OK;
    if (!ready || archive_read_open_fd(reader, descriptor, kUnpackBlock) != ARCHIVE_OK) damaged("it cannot be opened");
  }

  std::vector<Member> run() {
    std::vector<Member> members;
    std::size_t entries = 0;
    while (next()) {
      if (++entries > limits_.max_files) {
        over_limit(fmt::format("it has over {} members", limits_.max_files));
      }
      const bool is_folder = archive_entry_filetype(entry_) == AE_IFDIR;
      const std::string name = names_.accept(raw_name(), is_folder);
      if (is_folder) {
        make_folder(folder_ / name);
      } else {
        members.push_back(unpack_file(name));
      }
    }
    if (listed_ && *listed_ != entries) damaged("it has not the members of its list");
    return members;
  }

 private:
  Kind kind_of(int descriptor) const {
    unsigned char magic[4] = {};
    if (::pread(descriptor, magic, sizeof magic, 0) == sizeof magic) {
      if (magic[0] == 'P' && magic[1] == 'K' && (magic[2] == 3 || magic[2] == 5) && magic[3] == magic[2] + 1) {
        return Kind::Zip;
      }
      if (magic[0] == 0x1F && magic[1] == 0x8B) return Kind::GzipTar;
    }
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} is no model archive: neither a zip (.mar) nor a gzipped tar (.tgz)", origin_));
  }

  [[noreturn]] void damaged(std::string_view what) const {
    const char* const detail = archive_error_string(reader_.get());
    throw Error(ErrorCode::DataLoss, fmt::format("{} is damaged: {}{}", origin_, what,
                                                 detail == nullptr ? "" : fmt::format(" ({})", printable(detail))));
  }

  [[noreturn]] void over_limit(std::string_view what) const {
    throw Error(ErrorCode::ResourceExhausted, fmt::format("{} is over a limit: {}", origin_, what));
  }

  bool next() {
    const int code = archive_read_next_header(reader_.get(), &entry_);
    if (code == ARCHIVE_EOF) return false;
    // A warning as well: the list of members and a member's own header tell different stories.
    if (code != ARCHIVE_OK) damaged("its list of members cannot be read");
    if (archive_entry_is_data_encrypted(entry_) != 0 || archive_entry_is_metadata_encrypted(entry_) != 0) {
      throw Error(ErrorCode::Unimplemented, fmt::format("{} is encrypted; decrypt it first", origin_));
    }
    const auto kind = archive_entry_filetype(entry_);
    const bool plain = (kind == AE_IFREG || kind == AE_IFDIR) && archive_entry_hardlink(entry_) == nullptr &&
                       archive_entry_symlink(entry_) == nullptr;
    if (!plain) {
      throw Error(ErrorCode::DataLoss, fmt::format("{}: the member \"{}\" is refused: a link, device or other special "
                                                   "file; plain files and folders are accepted",
                                                   origin_, printable(raw_name())));
    }
    require_method();
    return true;
  }

  std::string raw_name() const {
    const char* name = archive_entry_pathname_utf8(entry_);
    if (name == nullptr) name = archive_entry_pathname(entry_);
    return name == nullptr ? "" : name;
  }

  // "ZIP 1.0 (uncompressed)", "ZIP 2.0 (deflation)", …: other methods need much memory, and no archiver of models uses
  // them.
  void require_method() const {
    const char* const text = archive_format_name(reader_.get());
    const std::string_view format = text == nullptr ? "" : text;
    if (!format.starts_with("ZIP")) return;
    if (format.find("(uncompressed)") != std::string_view::npos || format.find("(deflation)") != std::string_view::npos)
      return;
    throw Error(ErrorCode::Unimplemented, fmt::format("{}: the member \"{}\" is packed as {}; stored and deflated ones "
                                                      "are read",
                                                      origin_, printable(raw_name()), format));
  }

  void make_folder(const fs::path& folder) const {
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) throw error_from_errno(code.value(), fmt::format("unpack {}", origin_));
  }

  Member unpack_file(const std::string& name) {
    const fs::path path = folder_ / name;
    make_folder(path.parent_path());
    NewFile file(path, origin_);
    Sha256 computation;
    Member member{name, 0, {}};
    while (true) {
      const la_ssize_t count = archive_read_data(reader_.get(), buffer_.data(), buffer_.size());
      // Warnings (a wrong checksum) are negative too.
      if (count < 0) damaged(fmt::format("the member \"{}\" cannot be unpacked", printable(name)));
      if (count == 0) break;
      const std::span<const std::byte> part(buffer_.data(), static_cast<std::size_t>(count));
      count_bytes(part.size());
      file.write(part);
      computation.update(part);
      member.size += part.size();
    }
    member.sha256 = computation.finish();
    return member;
  }

  void count_bytes(std::size_t count) {
    unpacked_bytes_ += count;
    if (unpacked_bytes_ > limits_.max_unpacked_bytes) {
      over_limit(fmt::format("it unpacks to over {}", human_bytes(static_cast<double>(limits_.max_unpacked_bytes))));
    }
    if (unpacked_bytes_ > kRatioFloor &&
        static_cast<double>(unpacked_bytes_) > limits_.max_ratio * static_cast<double>(packed_bytes_)) {
      over_limit(fmt::format("it unpacks to over {:g} times its size", limits_.max_ratio));
    }
  }

  const std::uint64_t packed_bytes_;
  const std::string& origin_;
  const fs::path& folder_;
  const ArchiveLimits& limits_;
  Utf8Locale locale_;
  MemberNames names_;
  std::unique_ptr<::archive, FreeArchive> reader_{archive_read_new()};
  archive_entry* entry_ = nullptr;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kUnpackBlock);
  std::uint64_t unpacked_bytes_ = 0;
  std::optional<std::size_t> listed_;  // members, by a zip's own list
};

}  // namespace

std::vector<Member> unpack(int descriptor, std::uint64_t packed_bytes, const std::string& origin,
                           const fs::path& folder, const ArchiveLimits& limits) {
  return Unpacker(descriptor, packed_bytes, origin, folder, limits).run();
}

}  // namespace animalctl::archive
