#include "archive/pack.h"

#include <exception>
#include <memory>
#include <new>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "compat/utf8_locale.h"

namespace animalctl::archive {
namespace {

struct FreeArchiveWriter {
  void operator()(::archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class Packer {
 public:
  explicit Packer(const ByteSink& sink) : sink_(sink) {
    if (writer_ == nullptr) throw std::bad_alloc();
  }
  ~Packer() {
    // Left unfinished by an error: freeing closes the archive, and the sink must not see that.
    discarding_ = true;
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  ::archive* writer() { return writer_.get(); }

  void open() {
    // Neither gather small writes into blocks nor pad the last one.
    require(archive_write_set_bytes_per_block(writer(), 0) == ARCHIVE_OK);
    require(archive_write_set_bytes_in_last_block(writer(), 1) == ARCHIVE_OK);
    require(archive_write_open(writer(), this, nullptr, &Packer::write, nullptr) == ARCHIVE_OK);
  }

  void add(const PackedMember& packed, const std::string& name, const std::int64_t* time) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    if (entry == nullptr) throw std::bad_alloc();
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(packed.member.size));
    if (time != nullptr) archive_entry_set_mtime(entry.get(), static_cast<time_t>(*time), 0);
    require(archive_write_header(writer(), entry.get()) == ARCHIVE_OK);
    for_each_block(packed, [this](std::span<const std::byte> block) {
      while (!block.empty()) {
        const la_ssize_t written = archive_write_data(writer(), block.data(), block.size());
        require(written > 0);
        block = block.subspan(static_cast<std::size_t>(written));
      }
    });
    require(archive_write_finish_entry(writer()) == ARCHIVE_OK);
  }

  void finish() {
    const int code = archive_write_close(writer());
    require(code == ARCHIVE_OK);
  }

  void require(bool good) {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (good) return;
    const char* const detail = archive_error_string(writer());
    throw Error(ErrorCode::Internal,
                fmt::format("cannot write an archive: libarchive says {}", detail == nullptr ? "nothing" : detail));
  }

 private:
  // An exception of the sink may not pass through libarchive's C frames: it waits until require(), and what libarchive
  // then still writes goes nowhere.
  static la_ssize_t write(::archive*, void* packer_pointer, const void* bytes, std::size_t size) {
    auto* const packer = static_cast<Packer*>(packer_pointer);
    try {
      if (!packer->discarding_) packer->sink_({static_cast<const std::byte*>(bytes), size});
    } catch (...) {
      packer->failure_ = std::current_exception();
      packer->discarding_ = true;
    }
    return static_cast<la_ssize_t>(size);
  }

  const ByteSink& sink_;
  Utf8Locale locale_;
  std::exception_ptr failure_;
  bool discarding_ = false;
  std::unique_ptr<::archive, FreeArchiveWriter> writer_{archive_write_new()};
};

}  // namespace

void pack_zip(const std::vector<PackedMember>& members, const ByteSink& sink) {
  Packer packer(sink);
  packer.require(archive_write_set_format_zip(packer.writer()) == ARCHIVE_OK);
  packer.require(archive_write_zip_set_compression_deflate(packer.writer()) == ARCHIVE_OK);
  packer.require(archive_write_set_format_option(packer.writer(), "zip", "hdrcharset", "UTF-8") == ARCHIVE_OK);
  packer.open();
  for (const PackedMember& packed : members) packer.add(packed, packed.member.name, nullptr);
  packer.finish();
}

void pack_tgz(const std::vector<PackedMember>& members, const std::string& top, std::int64_t time,
              const ByteSink& sink) {
  Packer packer(sink);
  packer.require(archive_write_set_format_pax_restricted(packer.writer()) == ARCHIVE_OK);
  packer.require(archive_write_add_filter_gzip(packer.writer()) == ARCHIVE_OK);
  // gzip's header has the time of packing otherwise.
  packer.require(archive_write_set_filter_option(packer.writer(), "gzip", "timestamp", nullptr) == ARCHIVE_OK);
  packer.open();
  for (const PackedMember& packed : members) packer.add(packed, top + "/" + packed.member.name, &time);
  packer.finish();
}

void pack_tar(const std::vector<PackedMember>& members, const std::string& top, std::int64_t time,
              const ByteSink& sink) {
  Packer packer(sink);
  packer.require(archive_write_set_format_pax_restricted(packer.writer()) == ARCHIVE_OK);
  packer.require(archive_write_add_filter_none(packer.writer()) == ARCHIVE_OK);
  packer.open();
  for (const PackedMember& packed : members) packer.add(packed, top + "/" + packed.member.name, &time);
  packer.finish();
}

}  // namespace animalctl::archive
