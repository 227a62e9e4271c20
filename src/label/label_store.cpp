#include "animalctl/label/label_store.h"

#include <cmath>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "label/folder_keeper.h"
#include "label/folder_scan.h"
#include "label/history_reader.h"
#include "label/import_image.h"
#include "label/index_saver.h"
#include "label/item_pages.h"
#include "label/label_writer.h"

namespace animalctl::label {
namespace {

class FolderLabelStore final : public LabelStore {
 public:
  explicit FolderLabelStore(LabelStoreOptions options)
      : options_(std::move(options)),
        state_(options_.classes),
        workspace_(options_),
        history_(options_.database),
        // Listens before the folders are read, so that nothing falls in between.
        watcher_(options_.watch ? std::make_unique<FolderWatcher>(workspace_) : nullptr),
        number_(workspace_number(options_.frames_dir, options_.annotations_dir, options_.trash_dir, state_.classes)),
        writer_(open_writer()),
        importer_(state_, workspace_, *writer_),
        saver_(state_, *writer_, options_.index_file, number_, from_saved_index_),
        keeper_(state_, workspace_, *writer_) {
    if (watcher_) {
      keeper_.follow(std::move(watcher_), from_saved_index_);
    } else if (from_saved_index_) {
      keeper_.look_at_everything();
    }
  }

  ~FolderLabelStore() override {
    keeper_.stop();
    saver_.finish();
  }
  FolderLabelStore(const FolderLabelStore&) = delete;
  FolderLabelStore& operator=(const FolderLabelStore&) = delete;

  const ClassList& classes() const override { return state_.classes; }

  std::optional<Item> find(std::string_view name) const override {
    const auto lock = state_.read();
    const FrameId id = state_.table.find_present(name);
    return id == kNoFrame ? std::nullopt : std::optional(state_.table.item(id));
  }

  ItemPage page(const ItemQuery& query) const override {
    const auto lock = state_.read();
    return make_page(state_.table, state_.classes, query);
  }

  void for_each(const ItemFilter& filter, const std::function<void(const Item&)>& visit) const override {
    constexpr std::size_t kStep = 256;
    const std::vector<FrameId> ids = [&] {
      const auto lock = state_.read();
      return passing_in_order(state_.table, filter);
    }();
    std::vector<Item> items;
    for (std::size_t first = 0; first < ids.size(); first += kStep) {
      items.clear();
      {
        const auto lock = state_.read();
        for (std::size_t i = first; i < std::min(ids.size(), first + kStep); ++i) {
          if (state_.table.present(ids[i])) items.push_back(state_.table.item(ids[i]));
        }
      }
      for (const Item& item : items) visit(item);
    }
  }

  std::vector<std::string> unlabelled_names() const override {
    const auto lock = state_.read();
    return names_of_unlabelled(state_.table);
  }

  OpenFile open_image(std::string_view name) const override {
    std::string trash_name;
    {
      const auto lock = state_.read();
      const FrameId id = state_.table.find_present(name);
      if (id == kNoFrame) {
        throw Error(ErrorCode::NotFound, "there is no image " + std::string(name.substr(0, 255)));
      }
      trash_name = state_.table.trash_name(id);
    }
    return workspace_.open_image(name, trash_name);
  }

  std::future<std::vector<ChangeOutcome>> submit(std::vector<Change> changes) override {
    return writer_->submit(std::move(changes));
  }
  std::future<UndoOutcome> undo(std::string annotator, std::string key) override {
    return writer_->undo(std::move(annotator), std::move(key));
  }

  void remember_predictions(std::span<const std::pair<std::string, Prediction>> predictions) override {
    std::vector<std::pair<std::string, Prediction>> known;
    {
      const auto lock = state_.write();
      for (const auto& [name, prediction] : predictions) {
        const FrameId id = state_.table.find_present(name);
        if (id == kNoFrame || prediction.label.empty() || !std::isfinite(prediction.score)) continue;
        Prediction kept = prediction;
        const std::optional<int> label = state_.classes.index_of(prediction.label);
        if (label) kept.label = state_.classes.name(*label);
        state_.table.set_prediction(id, kept);
        state_.feed.note(id);
        known.emplace_back(name, std::move(kept));
      }
    }
    if (known.empty()) return;
    // Whoever asked the model need not wait for the disk: a prediction can be asked for again.
    writer_->run([known = std::move(known)](WriterTools& tools) {
      try {
        lake::Transaction transaction(tools.log.database());
        tools.log.keep_predictions(known, tools.log.newest_stamp() + 1);
        transaction.commit();
      } catch (const Error& error) {
        log::warning("predictions could not be kept", {{"reason", error.what()}});
      }
    });
  }

  void set_drift(std::span<const std::pair<std::string, double>> values) override {
    set_values(values, &FrameTable::set_drift);
  }
  void set_suspicion(std::span<const std::pair<std::string, double>> values) override {
    set_values(values, &FrameTable::set_suspicion);
  }

  ImportOutcome import_image(std::string_view name, std::span<const std::byte> bytes, std::string_view annotator,
                             std::optional<std::string> label) override {
    return importer_.import(name, bytes, annotator, label);
  }

  std::vector<Event> history_of(std::string_view name) const override { return history_.of_item(name); }
  std::vector<Event> history(std::string_view annotator, std::optional<std::uint64_t> before,
                             std::size_t limit) const override {
    return history_.of_annotator(annotator, before, limit);
  }

  Progress progress() const override {
    Progress progress;
    const Time now = options_.now();
    const auto lock = state_.read();
    count_items(state_.table, progress);
    state_.statistics.report(now, progress);
    return progress;
  }

  std::vector<Agreement> agreement() const override { return history_.agreement(); }

  std::uint64_t sequence() const override {
    const auto lock = state_.read();
    return state_.feed.sequence();
  }

  Changes changes_since(std::uint64_t since, std::size_t limit) const override {
    const auto lock = state_.read();
    const ChangeFeed::Since found = state_.feed.since(since, limit);
    Changes changes;
    changes.sequence = found.sequence;
    changes.more = found.more;
    changes.forgotten = found.forgotten;
    for (const FrameId id : found.frames) {
      if (state_.table.present(id)) changes.items.push_back(state_.table.item(id));
    }
    return changes;
  }

 private:
  std::unique_ptr<LabelWriter> open_writer() {
    EventLog log(options_.database);
    WriterTools tools{state_, workspace_, log, options_.now, 1, {}, {}};
    from_saved_index_ = !options_.index_file.empty() && start_from_saved_index(tools, options_.index_file, number_);
    if (!from_saved_index_) scan_folders(tools);
    {
      const auto lock = state_.write();
      history_.recall(state_.statistics, options_.now());
    }
    return std::make_unique<LabelWriter>(state_, workspace_, std::move(log), options_.now, std::move(tools.unsettled));
  }

  void set_values(std::span<const std::pair<std::string, double>> values, void (FrameTable::*set)(FrameId, float)) {
    const auto lock = state_.write();
    for (const auto& [name, value] : values) {
      const FrameId id = state_.table.find_present(name);
      if (id != kNoFrame) (state_.table.*set)(id, static_cast<float>(value));
    }
    saver_.note_change();
  }

  LabelStoreOptions options_;
  StoreState state_;
  Workspace workspace_;
  HistoryReader history_;
  std::unique_ptr<FolderWatcher> watcher_;
  std::uint64_t number_ = 0;
  bool from_saved_index_ = false;
  std::unique_ptr<LabelWriter> writer_;
  ImageImporter importer_;
  IndexSaver saver_;
  FolderKeeper keeper_;
};

}  // namespace

std::unique_ptr<LabelStore> LabelStore::open(LabelStoreOptions options) {
  return std::make_unique<FolderLabelStore>(std::move(options));
}

}  // namespace animalctl::label
