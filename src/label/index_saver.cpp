#include "label/index_saver.h"

#include <chrono>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/log.h"
#include "label/pending_files.h"

namespace animalctl::label {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstAfter = 30s;
constexpr auto kSaveEvery = 600s;

// An image as its newest event left it. One that the index does not know is found in the folder later.
void apply_item(StoreState& state, const LoggedItem& item) {
  const auto lock = state.write();
  const FrameId id = state.table.find_present(item.name);
  if (id == kNoFrame) return;
  const bool was_rejected = state.table.state(id) == ItemState::Rejected;
  const bool is_rejected = item.standing.state == ItemState::Rejected;
  state.table.set_standing(id, item.standing);
  state.table.set_revision(id, item.revision);
  state.table.set_trash_name(id, is_rejected ? item.trash_name : std::string());
  if (is_rejected && !was_rejected) state.stems.remove(id);
  if (was_rejected && !is_rejected) state.stems.add(id);
}

}  // namespace

bool start_from_saved_index(WriterTools& tools, const std::filesystem::path& file, std::uint64_t workspace) {
  SavedIndexHeader header;
  try {
    const SavedIndexHeader present = {workspace, tools.log.database_number(), tools.log.newest_event(),
                                      tools.log.newest_stamp()};
    header = load_index(read_file(file), present, tools.state);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) {
      log::info("the saved index is not used; the folders are read instead", {{"reason", error.message()}});
    }
    return false;
  }
  tools.next_event = tools.log.newest_event() + 1;
  tools.log.for_each_item(header.event, [&](const LoggedItem& item) { apply_item(tools.state, item); });
  tools.log.for_each_prediction(header.prediction, [&](const std::string& name, const Prediction& prediction) {
    const auto lock = tools.state.write();
    const FrameId id = tools.state.table.find_present(name);
    if (id != kNoFrame) tools.state.table.set_prediction(id, prediction);
  });
  settle_pending(tools, pending_events(tools.log));
  return true;
}

IndexSaver::IndexSaver(StoreState& state, LabelWriter& writer, std::filesystem::path file, std::uint64_t workspace,
                       bool is_fresh)
    : state_(state), writer_(writer), file_(std::move(file)), workspace_(workspace) {
  if (file_.empty()) return;
  if (is_fresh) {
    const auto lock = state_.read();
    saved_sequence_ = state_.feed.sequence();
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

IndexSaver::~IndexSaver() = default;

void IndexSaver::note_change() {
  const std::lock_guard lock(mutex_);
  ++changes_;
}

void IndexSaver::finish() {
  if (file_.empty()) return;
  thread_.request_stop();
  thread_.join();
  save_if_changed();
}

void IndexSaver::loop(const std::stop_token& stop) {
  std::chrono::seconds pause = kFirstAfter;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
    }
    if (stop.stop_requested()) return;
    save_if_changed();
    pause = kSaveEvery;
  }
}

void IndexSaver::save_if_changed() {
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    changes = changes_;
  }
  std::uint64_t sequence = 0;
  {
    const auto lock = state_.read();
    sequence = state_.feed.sequence();
  }
  if (sequence == saved_sequence_ && changes == saved_changes_) return;
  try {
    SavedIndexHeader header;
    header.workspace = workspace_;
    writer_
        .run([&header](WriterTools& tools) {
          header.database = tools.log.database_number();
          header.event = tools.next_event - 1;
          header.prediction = tools.log.newest_stamp();
        })
        .get();
    save_index(state_, header, file_);
    saved_sequence_ = sequence;
    saved_changes_ = changes;
  } catch (const Error& error) {
    log::warning("the index could not be saved; the next start takes longer", {{"reason", error.message()}});
  }
}

}  // namespace animalctl::label
