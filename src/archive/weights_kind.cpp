#include "archive/weights_kind.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "compat/utf8_locale.h"

namespace animalctl::archive {
namespace {

constexpr std::size_t kWeightsBlock = std::size_t{64} << 10;
constexpr int kMostMembers = 100'000;

struct FreeWeightsReader {
  void operator()(::archive* reader) const { archive_read_free(reader); }
};

struct CloseFile {
  int descriptor;
  ~CloseFile() { ::close(descriptor); }
};

}  // namespace

WeightsKind kind_of_weights(const std::filesystem::path& path) {
  const CloseFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.descriptor < 0) throw error_from_errno(errno, fmt::format("read {}", path.string()));
  const Utf8Locale locale;
  const std::unique_ptr<::archive, FreeWeightsReader> reader(archive_read_new());
  if (reader == nullptr || archive_read_support_format_zip_seekable(reader.get()) != ARCHIVE_OK ||
      archive_read_open_fd(reader.get(), file.descriptor, kWeightsBlock) != ARCHIVE_OK) {
    return WeightsKind::Checkpoint;
  }
  bool script = false;
  bool described = false;
  archive_entry* entry = nullptr;
  for (int i = 0; i < kMostMembers && archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK; ++i) {
    const char* const text = archive_entry_pathname(entry);
    const std::string_view name = text == nullptr ? "" : text;
    // Everything lies in a folder of any name.
    const std::string_view inside = name.substr(std::min(name.size(), name.find('/') + 1));
    script = script || inside == "constants.pkl" || inside.starts_with("code/");
    described = described || inside == "extra/animalctl.json";
  }
  if (!script) return WeightsKind::Checkpoint;
  return described ? WeightsKind::DescribedScript : WeightsKind::Script;
}

}  // namespace animalctl::archive
