#include "checkpoint/zip_reader.h"

#include <functional>
#include <memory>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "checkpoint/read_failure.h"
#include "compat/utf8_locale.h"

namespace animalctl::checkpoint {
namespace {

constexpr std::size_t kLongestName = 4096;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

// Walks the members of a zip in memory.
class ZipWalk {
 public:
  ZipWalk(std::span<const std::byte> file, std::string_view name) : file_(file), name_(name) {
    archive* const reader = archive_.get();
    // The seekable reader follows the list at the end of the file, as PyTorch does; the streaming one would take
    // whatever looks like a member on the way.
    if (reader == nullptr || archive_read_support_format_zip_seekable(reader) != ARCHIVE_OK ||
        archive_read_open_memory(reader, file.data(), file.size()) != ARCHIVE_OK) {
      fail("it cannot be opened as a zip");
    }
  }

  // The next regular member, or null at the end. Its name and size are then valid.
  bool next() {
    while (true) {
      const int code = archive_read_next_header(archive_.get(), &entry_);
      if (code == ARCHIVE_EOF) return false;
      // A warning as well: the list of members and a member's own header tell different stories.
      if (code != ARCHIVE_OK) fail("its list of members is damaged");
      read_name();
      if (archive_entry_filetype(entry_) == AE_IFDIR) continue;
      check_kind();
      return true;
    }
  }

  const std::string& member() const { return member_; }
  std::uint64_t size() const { return static_cast<std::uint64_t>(archive_entry_size(entry_)); }

  // The content of the current member: a view of the file when it is stored there in one piece,
  // else of `storage`, which then is filled with exactly size() bytes.
  std::span<const std::byte> read(Bytes& storage) {
    const auto size = static_cast<std::size_t>(this->size());
    const void* block = nullptr;
    std::size_t block_size = 0;
    la_int64_t offset = 0;
    std::size_t filled = 0;
    std::span<const std::byte> in_place;
    while (true) {
      const int code = archive_read_data_block(archive_.get(), &block, &block_size, &offset);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK) fail(fmt::format("the member {} is damaged", member_));
      if (block_size > size - filled) fail(fmt::format("the member {} is longer than its header says", member_));
      const auto* const bytes = static_cast<const std::byte*>(block);
      if (block_size == size && lies_in_file(bytes)) {
        in_place = {bytes, block_size};
      } else {
        storage.insert(storage.end(), bytes, bytes + block_size);
      }
      filled += block_size;
    }
    if (filled != size) fail(fmt::format("the member {} is shorter than its header says", member_));
    return in_place.empty() ? std::span<const std::byte>(storage) : in_place;
  }

  [[noreturn]] void fail(std::string_view what) const {
    const char* const detail = archive_ == nullptr ? nullptr : archive_error_string(archive_.get());
    throw_damaged(name_, detail == nullptr ? std::string(what) : fmt::format("{} ({})", what, detail));
  }

 private:
  void read_name() {
    const char* name = archive_entry_pathname_utf8(entry_);
    if (name == nullptr) name = archive_entry_pathname(entry_);
    member_ = name == nullptr ? "" : name;
    // Nothing is ever unpacked to disk; a file with such names is no work of torch.save all the same.
    const std::string path = "/" + member_ + "/";
    const bool bad = member_.empty() || member_.size() > kLongestName || member_.front() == '/' ||
                     path.find("/../") != std::string::npos;
    if (bad) fail("it has a member with an impossible name");
  }

  void check_kind() const {
    if (archive_entry_filetype(entry_) != AE_IFREG) fail("it has a member that is no plain file");
    if (archive_entry_is_data_encrypted(entry_) != 0) throw_unsupported(name_, "it is encrypted; decrypt it first");
    if (archive_entry_size_is_set(entry_) == 0 || archive_entry_size(entry_) < 0) {
      fail(fmt::format("the member {} has no size", member_));
    }
    // "ZIP 1.0 (uncompressed)", "ZIP 2.0 (deflation)", …: other methods need much memory and torch.save never uses
    // them.
    const char* const text = archive_format_name(archive_.get());
    const std::string_view method = text == nullptr ? "" : text;
    if (method.find("(uncompressed)") == std::string_view::npos &&
        method.find("(deflation)") == std::string_view::npos) {
      throw_unsupported(
          name_, fmt::format("the member {} is packed as {}; stored and deflated ones are read", member_, method));
    }
  }

  bool lies_in_file(const std::byte* bytes) const {
    const std::less_equal<const std::byte*> not_after;
    return not_after(file_.data(), bytes) && not_after(bytes, file_.data() + file_.size());
  }

  std::span<const std::byte> file_;
  std::string_view name_;
  Utf8Locale locale_;
  std::unique_ptr<archive, FreeArchive> archive_{archive_read_new()};
  archive_entry* entry_ = nullptr;
  std::string member_;
};

// torch.save puts everything into one folder.
std::string without_folder(const ZipWalk& walk, std::string& folder) {
  const std::string& member = walk.member();
  const std::size_t slash = member.find('/');
  if (slash == std::string::npos) walk.fail(fmt::format("the member {} is in no folder", member));
  if (folder.empty()) folder = member.substr(0, slash);
  if (member.compare(0, slash, folder) != 0) {
    walk.fail(fmt::format("its members are in two folders, {} and {}", folder, member.substr(0, slash)));
  }
  return member.substr(slash + 1);
}

bool is_needed(std::string_view member) {
  return member == "data.pkl" || member == "byteorder" || member.starts_with("data/");
}

}  // namespace

ZipContent::ZipContent(std::span<const std::byte> file, std::string_view name, const ReadLimits& limits,
                       std::uint64_t byte_limit) {
  ZipWalk walk(file, name);
  ByteBudget budget(name, "its members", byte_limit);
  std::string folder;
  while (walk.next()) {
    if (members_.size() >= limits.max_members) {
      throw_over_limit(name, fmt::format("it has over {} members", limits.max_members));
    }
    std::string member = without_folder(walk, folder);
    if (members_.contains(member)) walk.fail(fmt::format("it has the member {} twice", member));
    std::span<const std::byte> content;
    if (is_needed(member)) {
      const std::uint64_t limit = member == "data.pkl" ? limits.max_pickle_bytes : limits.max_member_bytes;
      if (walk.size() > limit) {
        throw_over_limit(name, fmt::format("the member {} has {} bytes, the limit is {}", member, walk.size(), limit));
      }
      budget.take(walk.size());
      Bytes storage;
      content = walk.read(storage);
      if (!storage.empty()) content = inflated_.emplace(member, std::move(storage)).first->second;
    }
    members_.emplace(std::move(member), content);
  }
}

bool ZipContent::has_prefix(std::string_view prefix) const {
  const auto found = members_.lower_bound(prefix);
  return found != members_.end() && std::string_view(found->first).starts_with(prefix);
}

std::span<const std::byte> ZipContent::content(std::string_view member) const {
  return members_.find(member)->second;
}

}  // namespace animalctl::checkpoint
