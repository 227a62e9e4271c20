#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Archives that no archiver would write, made byte by byte.
namespace animalctl::test {

// One member of a stored zip; what is set to something else than the default makes it a bad one.
struct ZipEntry {
  ZipEntry(std::string entry_name, std::string entry_content, std::uint32_t entry_unix_mode = 0100644,
           std::uint16_t entry_method = 0, std::uint16_t entry_flags = 0x0800, std::uint32_t entry_checksum_change = 0)
      : name(std::move(entry_name)),
        content(std::move(entry_content)),
        unix_mode(entry_unix_mode),
        method(entry_method),
        flags(entry_flags),
        checksum_change(entry_checksum_change) {}

  std::string name;
  std::string content;
  std::uint32_t unix_mode;
  std::uint16_t method;           // 0: stored, 8: deflated, …
  std::uint16_t flags;            // 0x0800: names are UTF-8
  std::uint32_t checksum_change;  // added to the CRC-32
};

std::string make_plain_zip(const std::vector<ZipEntry>& entries, std::string_view comment = "");
// Deflated by libarchive.
std::string make_deflated_zip(const std::vector<std::pair<std::string, std::string>>& members);

enum class TarKind { File, Folder, SymbolicLink, HardLink, Fifo, Device };
struct TarEntry {
  TarEntry(std::string entry_name, std::string entry_content, TarKind entry_kind = TarKind::File)
      : name(std::move(entry_name)), content(std::move(entry_content)), kind(entry_kind) {}

  std::string name;
  std::string content;  // of a link: its target
  TarKind kind;
};
std::string make_tgz(const std::vector<TarEntry>& entries);

// The manifest of a small archive: model "animal", version "1.0", handler image_classifier.
std::string small_manifest(std::string_view serialized_file = "");

std::filesystem::path write(const std::filesystem::path& path, std::string_view content);

}  // namespace animalctl::test
