#include "archive/crafted_archive.h"

#include <boost/crc.hpp>

#include <memory>
#include <stdexcept>

#include <archive.h>
#include <archive_entry.h>

#include "animalctl/base/file.h"

namespace animalctl::test {
namespace {

void put(std::string& text, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

// The fields that both headers of a zip member have (APPNOTE 4.3.7).
std::string common_fields(const ZipEntry& entry) {
  boost::crc_32_type checksum;
  checksum.process_bytes(entry.content.data(), entry.content.size());
  std::string text;
  put(text, 20, 2);
  put(text, entry.flags, 2);
  put(text, entry.method, 2);
  put(text, 0x58210000, 4);
  put(text, checksum.checksum() + entry.checksum_change, 4);
  put(text, static_cast<std::uint32_t>(entry.content.size()), 4);
  put(text, static_cast<std::uint32_t>(entry.content.size()), 4);
  return text;
}

void require(bool good, archive* writer) {
  if (!good) throw std::runtime_error(archive_error_string(writer));
}

la_ssize_t append(archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void add_entry(archive* writer, archive_entry* entry, const std::string& content) {
  archive_entry_set_perm(entry, 0644);
  require(archive_write_header(writer, entry) == ARCHIVE_OK, writer);
  require(content.empty() || archive_write_data(writer, content.data(), content.size()) >= 0, writer);
}

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

}  // namespace

std::string make_plain_zip(const std::vector<ZipEntry>& entries, std::string_view comment) {
  std::string file;
  std::string list;
  for (const ZipEntry& entry : entries) {
    const auto place = static_cast<std::uint32_t>(file.size());
    file += std::string("PK\x03\x04", 4) + common_fields(entry);
    put(file, static_cast<std::uint32_t>(entry.name.size()), 2);
    put(file, 0, 2);
    file += entry.name + entry.content;
    list += std::string("PK\x01\x02", 4);
    put(list, 0x0314, 2);  // made on Unix, so that the mode counts
    list += common_fields(entry);
    put(list, static_cast<std::uint32_t>(entry.name.size()), 2);
    put(list, 0, 4);
    put(list, 0, 4);
    put(list, entry.unix_mode << 16, 4);
    put(list, place, 4);
    list += entry.name;
  }
  const auto place = static_cast<std::uint32_t>(file.size());
  file += list + std::string("PK\x05\x06\0\0\0\0", 8);
  put(file, static_cast<std::uint32_t>(entries.size()), 2);
  put(file, static_cast<std::uint32_t>(entries.size()), 2);
  put(file, static_cast<std::uint32_t>(list.size()), 4);
  put(file, place, 4);
  put(file, static_cast<std::uint32_t>(comment.size()), 2);
  return file + std::string(comment);
}

std::string make_deflated_zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string file;
  const Writer writer(archive_write_new(), archive_write_free);
  require(archive_write_set_format_zip(writer.get()) == ARCHIVE_OK, writer.get());
  require(archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK, writer.get());
  require(archive_write_open(writer.get(), &file, nullptr, append, nullptr) == ARCHIVE_OK, writer.get());
  for (const auto& [name, content] : members) {
    const Entry entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    add_entry(writer.get(), entry.get(), content);
  }
  require(archive_write_close(writer.get()) == ARCHIVE_OK, writer.get());
  return file;
}

std::string make_tgz(const std::vector<TarEntry>& entries) {
  std::string file;
  const Writer writer(archive_write_new(), archive_write_free);
  require(archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK, writer.get());
  require(archive_write_add_filter_gzip(writer.get()) == ARCHIVE_OK, writer.get());
  require(archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK, writer.get());
  require(archive_write_open(writer.get(), &file, nullptr, append, nullptr) == ARCHIVE_OK, writer.get());
  for (const TarEntry& item : entries) {
    const Entry entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), item.name.c_str());
    const bool is_file = item.kind == TarKind::File;
    archive_entry_set_size(entry.get(), is_file ? static_cast<la_int64_t>(item.content.size()) : 0);
    switch (item.kind) {
      case TarKind::File:
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        break;
      case TarKind::Folder:
        archive_entry_set_filetype(entry.get(), AE_IFDIR);
        break;
      case TarKind::SymbolicLink:
        archive_entry_set_filetype(entry.get(), AE_IFLNK);
        archive_entry_set_symlink(entry.get(), item.content.c_str());
        break;
      case TarKind::HardLink:
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_hardlink(entry.get(), item.content.c_str());
        break;
      case TarKind::Fifo:
        archive_entry_set_filetype(entry.get(), AE_IFIFO);
        break;
      case TarKind::Device:
        archive_entry_set_filetype(entry.get(), AE_IFCHR);
        archive_entry_set_rdevmajor(entry.get(), 1);
        archive_entry_set_rdevminor(entry.get(), 3);
        break;
    }
    add_entry(writer.get(), entry.get(), is_file ? item.content : "");
  }
  require(archive_write_close(writer.get()) == ARCHIVE_OK, writer.get());
  return file;
}

std::string small_manifest(std::string_view serialized_file) {
  std::string text = R"({"createdOn": "25/11/2026 14:03:59", "runtime": "python", "model": {"modelName": "animal", )";
  if (!serialized_file.empty()) text += R"("serializedFile": ")" + std::string(serialized_file) + R"(", )";
  return text + R"("handler": "image_classifier", "modelVersion": "1.0"}, "archiverVersion": "0.12.0"})";
}

std::filesystem::path write(const std::filesystem::path& path, std::string_view content) {
  write_file_atomic(path, content);
  return path;
}

}  // namespace animalctl::test
