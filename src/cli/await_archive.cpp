#include "cli/await_archive.h"

#include <optional>
#include <system_error>

#include "animalctl/base/folder_listener.h"

namespace animalctl::cli {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Network file systems tell nothing.
constexpr auto kLookAgain = 2s;
constexpr auto kListen = 60s;

}  // namespace

bool has_archive(const fs::path& model_store) {
  std::error_code failed;
  for (fs::directory_iterator entry(model_store, failed), end; !failed && entry != end; entry.increment(failed)) {
    // Names that begin with a dot are being written.
    if (entry->path().extension() == ".mar" && !entry->path().filename().string().starts_with('.')) return true;
  }
  return false;
}

bool await_archive(const fs::path& model_store, const std::stop_token& stop) {
  FolderListener listener;
  std::optional<int> watch;
  while (!stop.stop_requested()) {
    // Listening begins before the look, so nothing is missed between the two.
    if (!watch) watch = listener.watch(model_store, FolderListener::Creations::Heard);
    if (has_archive(model_store)) return true;
    for (const FolderNotice& notice : listener.wait(watch ? kListen : kLookAgain, stop)) {
      if (!notice.went()) continue;
      // A folder that comes back is another.
      listener.unwatch(notice.watch);
      watch.reset();
    }
  }
  return false;
}

}  // namespace animalctl::cli
