#include "checkpoint/zip_writer.h"

#include <exception>
#include <new>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "animalctl/base/error.h"

namespace animalctl::checkpoint {
namespace {

struct FreeArchive {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

struct ZipWriter::State {
  std::function<void(std::span<const std::byte>)> sink;
  // An exception of the sink may not pass through libarchive's C frames: it waits here.
  std::exception_ptr failure;
  std::unique_ptr<archive, FreeArchive> writer{archive_write_new()};

  void require(bool good) {
    if (failure) {
      const std::exception_ptr thrown = std::exchange(failure, nullptr);
      archive_write_fail(writer.get());
      std::rethrow_exception(thrown);
    }
    if (good) return;
    const char* const detail = archive_error_string(writer.get());
    throw Error(ErrorCode::Internal,
                fmt::format("cannot write a checkpoint: libarchive says {}", detail == nullptr ? "nothing" : detail));
  }

  static la_ssize_t write(archive*, void* state_pointer, const void* bytes, std::size_t size) {
    auto* const state = static_cast<State*>(state_pointer);
    try {
      state->sink({static_cast<const std::byte*>(bytes), size});
      return static_cast<la_ssize_t>(size);
    } catch (...) {
      state->failure = std::current_exception();
      return -1;
    }
  }
};

ZipWriter::ZipWriter(std::function<void(std::span<const std::byte>)> sink) : state_(std::make_unique<State>()) {
  state_->sink = std::move(sink);
  archive* const writer = state_->writer.get();
  if (writer == nullptr) throw std::bad_alloc();
  state_->require(archive_write_set_format_zip(writer) == ARCHIVE_OK);
  state_->require(archive_write_zip_set_compression_store(writer) == ARCHIVE_OK);
  // Neither gather small writes into blocks nor pad the last one.
  state_->require(archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK);
  state_->require(archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK);
  state_->require(archive_write_open(writer, state_.get(), nullptr, &State::write, nullptr) == ARCHIVE_OK);
}

ZipWriter::~ZipWriter() {
  // Unfinished because of an error: libarchive must not write the rest to the sink.
  if (state_->writer) archive_write_fail(state_->writer.get());
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> content) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  if (entry == nullptr) throw std::bad_alloc();
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  archive* const writer = state_->writer.get();
  state_->require(archive_write_header(writer, entry.get()) == ARCHIVE_OK);
  while (!content.empty()) {
    const la_ssize_t written = archive_write_data(writer, content.data(), content.size());
    state_->require(written > 0);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  state_->require(archive_write_finish_entry(writer) == ARCHIVE_OK);
}

void ZipWriter::finish() {
  const int code = archive_write_close(state_->writer.get());
  state_->require(code == ARCHIVE_OK);
}

}  // namespace animalctl::checkpoint
