#include "orchestrate/folder_events.h"

#include <utility>

#include "animalctl/base/log.h"

namespace animalctl::orchestrate {
namespace {

using namespace std::chrono_literals;

constexpr auto kBurst = 200ms;
constexpr auto kLookThrough = 30s;
constexpr std::size_t kMostNames = 50'000;

}  // namespace

FolderEvents::FolderEvents(std::filesystem::path frames_dir, std::filesystem::path annotations_dir)
    : frames_dir_(std::move(frames_dir)),
      annotations_dir_(std::move(annotations_dir)),
      looked_(std::chrono::steady_clock::now()) {
  if (listener_.deaf()) {
    log::warning("the folders cannot be watched; they are looked through every 30 s instead",
                 {{"reason", listener_.deaf().message()}});
  }
  FolderNews ignored;
  listen(ignored);
}

// Takes up a folder that has come (again); what is in it by then is news.
void FolderEvents::listen(FolderNews& news) {
  if (!frames_watch_) {
    // Links come without being written to.
    frames_watch_ = listener_.watch(frames_dir_, FolderListener::Creations::Heard);
    if (frames_watch_) news.everything = true;
  }
  if (!annotations_watch_) {
    annotations_watch_ = listener_.watch(annotations_dir_, FolderListener::Creations::Ignored);
    if (annotations_watch_) news.everything = true;
  }
}

FolderNews FolderEvents::wait(std::chrono::milliseconds most, const std::stop_token& stop) {
  FolderNews news;
  listen(news);
  for (const FolderNotice& notice : listener_.wait(news.empty() ? most : 0ms, stop, kBurst)) {
    note(notice, news);
    if (news.frames.size() + news.annotations.size() > kMostNames) news = FolderNews{{}, {}, true};
  }
  const auto now = std::chrono::steady_clock::now();
  if ((!frames_watch_ || !annotations_watch_) && now - looked_ >= kLookThrough) news.everything = true;
  if (news.everything) looked_ = now;
  return news;
}

void FolderEvents::note(const FolderNotice& notice, FolderNews& news) {
  if (notice.went()) {
    listener_.unwatch(notice.watch);
    (notice.watch == frames_watch_ ? frames_watch_ : annotations_watch_).reset();
    news.everything = true;
  } else if (notice.kind == FolderNotice::Kind::Lost) {
    news.everything = true;
  } else if (!notice.name.empty() && notice.name.front() != '.' && !notice.is_folder) {
    (notice.watch == frames_watch_ ? news.frames : news.annotations).insert(notice.name);
  }
}

}  // namespace animalctl::orchestrate
