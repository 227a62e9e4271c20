#include "label/folder_watcher.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::label {
namespace {

using namespace std::chrono_literals;

constexpr auto kBundle = 150ms;
// A server under load hears of each file that it writes itself: it wakes for many of them at a time.
constexpr auto kGather = 50ms;
constexpr auto kTryAgain = 2s;
constexpr auto kLookForFolder = 500ms;
constexpr auto kLookThrough = 30s;
// A bundle of more names costs as much as looking at everything.
constexpr std::size_t kMostNames = 50'000;

}  // namespace

FolderWatcher::FolderWatcher(Workspace& workspace) : workspace_(workspace) {
  try {
    listen();
    listens_ = true;
  } catch (const Error& error) {
    log::warning("the folders cannot be watched; they are looked through every 30 s instead",
                 {{"reason", error.message()}});
    stop_listening();
  }
}

void FolderWatcher::listen() {
  // Links come without being written to.
  frames_ = listen_to(workspace_.frames_dir(), FolderListener::Creations::Heard);
  trash_ = listen_to(workspace_.trash_frames_dir(), FolderListener::Creations::Heard);
  annotations_ = listen_to(workspace_.annotations_dir(), FolderListener::Creations::Ignored);
}

std::optional<int> FolderWatcher::listen_to(const std::filesystem::path& folder, FolderListener::Creations creations) {
  std::error_code why_not;
  const std::optional<int> watch = listener_.watch(folder, creations, &why_not);
  if (!watch) throw error_from_errno(why_not.value(), fmt::format("watch the folder {}", folder.string()));
  return watch;
}

void FolderWatcher::stop_listening() {
  for (std::optional<int>* const watch : {&frames_, &trash_, &annotations_}) {
    if (*watch) listener_.unwatch(**watch);
    watch->reset();
  }
}

void FolderWatcher::start(Report report, bool everything_first) {
  report_ = std::move(report);
  everything_first_ = everything_first;
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void FolderWatcher::loop(const std::stop_token& stop) {
  Pending pending;
  if (everything_first_) {
    pending.everything = true;
    pending.due = Clock::now();
  }
  while (true) {
    Clock::time_point until = pending.due;
    if (!listens_) until = std::min(until, Clock::now() + kLookThrough);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const std::vector<FolderNotice> notices = listener_.wait(left, stop, kGather);
    if (stop.stop_requested()) return;
    for (const FolderNotice& notice : notices) note(notice, pending);
    if (lost_) {
      if (Clock::now() >= pending.due) find_folders(pending);
      continue;
    }
    if (!listens_ && pending.due == Clock::time_point::max()) {
      pending.everything = true;
      pending.due = Clock::now();
    }
    if (Clock::now() >= pending.due) deliver(pending);
  }
}

void FolderWatcher::note(const FolderNotice& notice, Pending& pending) {
  if (notice.went()) {
    const bool ours = notice.watch == frames_ || notice.watch == trash_ || notice.watch == annotations_;
    if (!ours || lost_) return;
    // What was heard so far may be of a folder that is not meant any more.
    lost_ = true;
    pending = Pending{};
    pending.due = Clock::now();
    return;
  }
  if (lost_) return;
  if (notice.kind == FolderNotice::Kind::Lost) {
    pending.everything = true;
  } else if (notice.name.empty() || notice.name.front() == '.' || notice.is_folder) {
    return;  // also our own temporary files
  } else if (notice.watch == frames_) {
    pending.changes.frames.insert(notice.name);
  } else if (notice.watch == trash_) {
    pending.changes.trash.insert(notice.name);
  } else if (notice.watch == annotations_) {
    pending.changes.annotations.insert(notice.name);
  }
  if (pending.changes.size() > kMostNames) pending.everything = true;
  if (pending.everything) pending.changes = {};
  if (pending.due == Clock::time_point::max()) pending.due = Clock::now() + kBundle;
}

// Listens first and looks then, so that nothing falls in between.
void FolderWatcher::find_folders(Pending& pending) {
  stop_listening();
  pending.due = Clock::now() + kLookForFolder;
  if (!workspace_.follow_paths()) return;
  try {
    listen();
    listens_ = true;
  } catch (const Error& error) {
    log::warning("the folders cannot be watched any more; they are looked through every 30 s instead",
                 {{"reason", error.message()}});
    stop_listening();
    listens_ = false;
  }
  lost_ = false;
  pending.everything = true;
  pending.due = Clock::now();
}

void FolderWatcher::deliver(Pending& pending) {
  // Where the kernel tells nothing, a folder that was replaced is noticed here.
  if (!listens_ && !workspace_.follow_paths()) {
    pending.due = Clock::now() + kTryAgain;
    return;
  }
  Pending told = std::exchange(pending, Pending{});
  if (report_(told.changes, told.everything)) return;
  pending = std::move(told);
  pending.due = Clock::now() + kTryAgain;
}

}  // namespace animalctl::label
