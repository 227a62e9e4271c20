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

struct FreeArchiveWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntryToWrite {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

struct ZipWriter::State {
  std::function<void(std::span<const std::byte>)> sink;
  // An exception of the sink may not pass through libarchive's C frames: it waits here.
  std::exception_ptr failure;
  // After a failure libarchive must still close in its usual way, or it leaks its buffers (3.6): what it then
  // writes goes nowhere.
  bool discarding = false;
  std::unique_ptr<archive, FreeArchiveWriter> writer{archive_write_new()};

  void require(bool good) {
    if (failure) {
      std::rethrow_exception(std::exchange(failure, nullptr));
    }
    if (good) return;
    const char* const detail = archive_error_string(writer.get());
    throw Error(ErrorCode::Internal,
                fmt::format("cannot write a checkpoint: libarchive says {}", detail == nullptr ? "nothing" : detail));
  }

  static la_ssize_t write(archive*, void* state_pointer, const void* bytes, std::size_t size) {
    auto* const state = static_cast<State*>(state_pointer);
    try {
      if (!state->discarding) state->sink({static_cast<const std::byte*>(bytes), size});
    } catch (...) {
      state->failure = std::current_exception();
      state->discarding = true;
    }
    return static_cast<la_ssize_t>(size);
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
  // Left unfinished by an error: freeing closes the zip, and the sink must not see that.
  state_->discarding = true;
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> content) {
  const std::unique_ptr<archive_entry, FreeEntryToWrite> entry(archive_entry_new());
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
