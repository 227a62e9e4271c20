#include "label/server/zip_reader.h"

#include <fmt/core.h>

#include <array>
#include <memory>
#include <new>
#include <optional>

#include <archive.h>
#include <archive_entry.h>

#include "animalctl/base/error.h"
#include "compat/utf8_locale.h"

namespace animalctl::label {
namespace {

// Below this much a high ratio says nothing.
constexpr std::uint64_t kRatioFloor = std::uint64_t{1} << 20;

struct FreeArchive {
  void operator()(::archive* reader) const { archive_read_free(reader); }
};

class ZipReader {
 public:
  ZipReader(std::string_view zip, const UploadLimits& limits, const ZipVisitor& visitor)
      : zip_(zip), limits_(limits), visitor_(visitor) {
    if (reader_ == nullptr) throw std::bad_alloc();
    // The seekable reader follows the list at the end, as every zip program does; the streaming one would take
    // whatever looks like a member on the way.
    const bool ready = zip.starts_with("PK") && archive_read_support_format_zip_seekable(reader_.get()) == ARCHIVE_OK &&
                       archive_read_open_memory(reader_.get(), zip.data(), zip.size()) == ARCHIVE_OK;
    if (!ready) throw Error(ErrorCode::InvalidArgument, "the body is no zip file");
  }

  void run() {
    std::size_t members = 0;
    while (next()) {
      if (++members > limits_.max_members) over(fmt::format("over {} members", limits_.max_members));
      const auto type = archive_entry_filetype(entry_);
      if (type == AE_IFDIR) continue;
      const std::string name = name_of_entry();
      if (visitor_.wanted(name) != ZipMember::Take) continue;
      if (archive_entry_is_encrypted(entry_) != 0) {
        visitor_.refused(name, "it is encrypted");
      } else if (type != AE_IFREG || archive_entry_symlink(entry_) != nullptr ||
                 archive_entry_hardlink(entry_) != nullptr) {
        visitor_.refused(name, "it is no plain file");
      } else if (std::optional<std::string> content = read_content()) {
        visitor_.content(name, *std::move(content));
      } else {
        visitor_.refused(name, fmt::format("it has over {} bytes", limits_.max_member_bytes));
      }
    }
  }

 private:
  bool next() {
    const int code = archive_read_next_header(reader_.get(), &entry_);
    if (code == ARCHIVE_EOF) return false;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) damaged();
    return true;
  }

  std::string name_of_entry() const {
    if (const char* utf8 = archive_entry_pathname_utf8(entry_)) return utf8;
    const char* raw = archive_entry_pathname(entry_);
    return raw == nullptr ? "" : raw;
  }

  // Nothing when it is too large.
  std::optional<std::string> read_content() {
    std::string content;
    for (;;) {
      const la_ssize_t count = archive_read_data(reader_.get(), block_.data(), block_.size());
      if (count < 0) damaged();
      if (count == 0) return content;
      const auto size = static_cast<std::size_t>(count);
      total_ += size;
      if (total_ > limits_.max_total_bytes) over(fmt::format("over {} bytes unpacked", limits_.max_total_bytes));
      if (total_ > kRatioFloor && total_ / limits_.max_ratio > zip_.size()) {
        over(fmt::format("unpacked over {} times as large as it is", limits_.max_ratio));
      }
      if (size > limits_.max_member_bytes - content.size()) return std::nullopt;
      content.append(block_.data(), size);
    }
  }

  [[noreturn]] void damaged() const {
    throw Error(ErrorCode::InvalidArgument, "the zip is damaged: a member or the list of members cannot be read");
  }

  [[noreturn]] static void over(const std::string& what) {
    throw Error(ErrorCode::ResourceExhausted, fmt::format("the zip is over a limit: {}", what));
  }

  const std::string_view zip_;
  const UploadLimits& limits_;
  const ZipVisitor& visitor_;
  const Utf8Locale locale_;
  std::unique_ptr<::archive, FreeArchive> reader_{archive_read_new()};
  archive_entry* entry_ = nullptr;
  std::uint64_t total_ = 0;
  std::array<char, std::size_t{64} << 10> block_{};
};

}  // namespace

void read_zip(std::string_view zip, const UploadLimits& limits, const ZipVisitor& visitor) {
  // A zip of nothing is its end record alone, which libarchive does not look for at the file's beginning.
  constexpr std::size_t kEndRecord = 22;
  if (zip.size() == kEndRecord && zip.starts_with("PK\5\6")) return;
  // 64 KiB of buffer: not on the stack.
  std::make_unique<ZipReader>(zip, limits, visitor)->run();
}

}  // namespace animalctl::label
