#include "label/server/zip_writer.h"

#include <fmt/core.h>

#include <exception>
#include <new>
#include <utility>

#include <archive.h>
#include <archive_entry.h>

#include "animalctl/base/error.h"
#include "compat/utf8_locale.h"

namespace animalctl::label {
namespace {

struct FreeZipWriter {
  void operator()(::archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

struct ZipWriter::State {
  explicit State(Spool& target) : spool(target) {}
  ~State() {
    // Left unfinished by an error: freeing closes the archive, and the spool must not see that.
    discarding = true;
    writer.reset();
  }

  void require(bool good) {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    if (good) return;
    const char* const detail = archive_error_string(writer.get());
    throw Error(ErrorCode::Internal,
                fmt::format("cannot write a zip: libarchive says {}", detail == nullptr ? "nothing" : detail));
  }

  // An exception of the spool may not pass through libarchive's C frames: it waits until require().
  static la_ssize_t write(::archive*, void* pointer, const void* bytes, std::size_t size) {
    auto* const state = static_cast<State*>(pointer);
    try {
      if (!state->discarding) state->spool.write({static_cast<const char*>(bytes), size});
    } catch (...) {
      state->failure = std::current_exception();
      state->discarding = true;
    }
    return static_cast<la_ssize_t>(size);
  }

  Spool& spool;
  Utf8Locale locale;
  std::exception_ptr failure;
  bool discarding = false;
  std::unique_ptr<::archive, FreeZipWriter> writer{archive_write_new()};
};

ZipWriter::ZipWriter(Spool& spool) : state_(std::make_unique<State>(spool)) {
  ::archive* const writer = state_->writer.get();
  if (writer == nullptr) throw std::bad_alloc();
  state_->require(archive_write_set_format_zip(writer) == ARCHIVE_OK);
  state_->require(archive_write_set_format_option(writer, "zip", "hdrcharset", "UTF-8") == ARCHIVE_OK);
  state_->require(archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK);
  state_->require(archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK);
  state_->require(archive_write_open(writer, state_.get(), nullptr, &State::write, nullptr) == ARCHIVE_OK);
}

ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::string& name, std::string_view content, Packing packing) {
  ::archive* const writer = state_->writer.get();
  state_->require((packing == Packing::Stored ? archive_write_zip_set_compression_store(writer)
                                              : archive_write_zip_set_compression_deflate(writer)) == ARCHIVE_OK);
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  if (entry == nullptr) throw std::bad_alloc();
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  state_->require(archive_write_header(writer, entry.get()) == ARCHIVE_OK);
  while (!content.empty()) {
    const la_ssize_t written = archive_write_data(writer, content.data(), content.size());
    state_->require(written > 0);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  state_->require(archive_write_finish_entry(writer) == ARCHIVE_OK);
}

void ZipWriter::finish() {
  const int code = archive_write_close(state_->writer.get());
  state_->require(code == ARCHIVE_OK);
}

}  // namespace animalctl::label
