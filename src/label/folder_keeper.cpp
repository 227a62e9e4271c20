#include "label/folder_keeper.h"

#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::label {
namespace {

// A label that is saved meanwhile waits for one portion: some milliseconds.
constexpr std::size_t kPortion = 256;

// Takes up to `room` names out of `from`.
void move_some(std::set<std::string>& from, std::set<std::string>& to, std::size_t& room) {
  while (!from.empty() && room > 0) {
    to.insert(from.extract(from.begin()));
    --room;
  }
}

}  // namespace

FolderKeeper::FolderKeeper(StoreState& state, const Workspace& workspace, LabelWriter& writer)
    : state_(state), workspace_(workspace), writer_(writer) {}

void FolderKeeper::stop() {
  closing_ = true;
  watcher_.reset();
}

void FolderKeeper::look_at_everything() {
  examine_in_portions(find_differences(state_, workspace_));
}

void FolderKeeper::follow(std::unique_ptr<FolderWatcher> watcher, bool everything_first) {
  watcher_ = std::move(watcher);
  watcher_->start([this](FolderChanges changes, bool everything) { return report(std::move(changes), everything); },
                  everything_first);
}

bool FolderKeeper::report(FolderChanges changes, bool everything) {
  try {
    if (everything) {
      look_at_everything();
    } else {
      drop_known(state_, workspace_, changes);
      examine_in_portions(std::move(changes));
    }
    return true;
  } catch (const Error& error) {
    if (!closing_) log::warning("changes in the folders could not be taken up yet", {{"reason", error.message()}});
    return false;
  }
}

// Frames first: an annotation belongs to one.
void FolderKeeper::examine_in_portions(FolderChanges changes) {
  while (changes.size() > 0 && !closing_) {
    FolderChanges portion;
    std::size_t room = kPortion;
    move_some(changes.frames, portion.frames, room);
    move_some(changes.trash, portion.trash, room);
    move_some(changes.annotations, portion.annotations, room);
    writer_.run([&portion](WriterTools& tools) { examine(tools, portion); }).get();
  }
}

}  // namespace animalctl::label
