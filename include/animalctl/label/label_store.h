#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/dataset/class_list.h"
#include "animalctl/label/change.h"
#include "animalctl/label/item.h"
#include "animalctl/label/item_query.h"

namespace animalctl::label {

struct LabelStoreOptions {
  std::filesystem::path frames_dir;
  std::filesystem::path annotations_dir;
  std::filesystem::path trash_dir;
  // "sqlite:data/lake.db" or "postgresql://…": history, predictions, idempotency keys.
  std::string database;
  std::filesystem::path index_file;  // the saved index; safe to delete; empty: none is kept
  ClassList classes{"CAT", "DOG"};
  bool watch = true;  // notice what other programs do in the folders (inotify)
  std::function<Time()> now = std::chrono::system_clock::now;
};

struct Progress {
  std::size_t total = 0;  // without the rejected
  std::size_t unlabelled = 0;
  std::size_t labelled = 0;
  std::size_t skipped = 0;
  std::size_t rejected = 0;
  std::map<std::string, std::size_t> by_label;
  std::map<std::string, std::size_t> by_source;
  std::map<std::string, std::size_t> by_annotator;
  std::size_t labels_last_hour = 0;
  std::optional<double> seconds_per_label;  // the median of the last 200 that said how long they took
  // Labels of items that had a suggestion: shown to the person, or withheld; and how many equal it.
  struct Followed {
    std::size_t labels = 0;
    std::size_t agree = 0;
  };
  Followed shown;
  Followed blind;
};

// Two people who labelled the same images, by their newest label of each.
struct Agreement {
  std::string first;
  std::string second;
  std::size_t items = 0;
  std::size_t agree = 0;
  std::optional<double> kappa;  // Cohen (1960); none when both always gave one and the same class
};

// How an image got into the frames folder, or why not.
struct ImportOutcome {
  enum class Status : std::uint8_t { Imported, Duplicate, Refused };
  Status status = Status::Imported;
  std::string as;       // Imported: the name it has now; Duplicate: the item with the same content
  std::string message;  // Refused: why
};

// Images, their labels and every change of them: an index in memory over the frames and annotations folders, kept true
// while other programs write there, and an append-only history in the database. Every member is thread-safe; readers
// see a change once it is on the disk and never half of one.
class LabelStore {
 public:
  // Reads the folders (or the saved index and what has changed since), brings annotation files up to what the history
  // has acknowledged, starts watching. Folders that are missing are created. Throws FailedPrecondition (no permission,
  // another label-server has the workspace), DataLoss (the database is damaged), Unavailable (cannot be reached).
  static std::unique_ptr<LabelStore> open(LabelStoreOptions options);
  virtual ~LabelStore() = default;  // finishes what was submitted, saves the index

  virtual const ClassList& classes() const = 0;

  virtual std::optional<Item> find(std::string_view name) const = 0;
  // Throws InvalidArgument: limit out of range, a cursor of another order or seed, or none of ours.
  virtual ItemPage page(const ItemQuery& query) const = 0;
  // Every item that passes, in order, without a limit; `visit` runs without a lock and may be slow.
  virtual void for_each(const ItemFilter& filter, const std::function<void(const Item&)>& visit) const = 0;
  // Names of the unlabelled items in bytewise order: the seed's /filelist.
  virtual std::vector<std::string> unlabelled_names() const = 0;

  // The file of an item, for reading: opened below the frames folder or the trash, never through a link that leaves
  // it. Throws NotFound (no such item, or its file is gone).
  struct OpenFile {
    std::filesystem::path path;
    int descriptor = -1;  // the caller closes it
    std::uint64_t bytes = 0;
    Time modified_at;
  };
  virtual OpenFile open_image(std::string_view name) const = 0;

  // Makes changes durable: one outcome for each, in order, when all of them are on the disk (several callers share one
  // write). Changes of one call are made in their order.
  virtual std::future<std::vector<ChangeOutcome>> submit(std::vector<Change> changes) = 0;
  // Takes back this person's newest change that stands and was not taken back. NotFound: there is none.
  struct UndoOutcome {
    ChangeOutcome outcome;
    std::optional<Event> undone;
  };
  virtual std::future<UndoOutcome> undo(std::string annotator, std::string key) = 0;

  // Keeps what a model said; a label that a person chose is not touched. Unknown names are passed over.
  virtual void remember_predictions(std::span<const std::pair<std::string, Prediction>> predictions) = 0;
  virtual void set_drift(std::span<const std::pair<std::string, double>> values) = 0;
  virtual void set_suspicion(std::span<const std::pair<std::string, double>> values) = 0;

  // Puts an image (or, with `label`, a labelled one) into the frames folder, durably. The name's last path segment
  // counts; a name that is taken gets "-2", "-3", …, one that shares its stem with another stays as it is
  // (dataset/annotation_names.h); the same content is Duplicate. Bytes that are no image of a known format by their
  // first bytes are Refused, as is a name that cannot be a file's.
  virtual ImportOutcome import_image(std::string_view name, std::span<const std::byte> bytes,
                                     std::string_view annotator, std::optional<std::string> label = std::nullopt) = 0;

  // Events of one item, newest first.
  virtual std::vector<Event> history_of(std::string_view name) const = 0;
  // Events of everybody (or of one annotator), newest first, with ids below `before`.
  virtual std::vector<Event> history(std::string_view annotator, std::optional<std::uint64_t> before,
                                     std::size_t limit) const = 0;
  virtual Progress progress() const = 0;
  virtual std::vector<Agreement> agreement() const = 0;

  // Every visible change of an item raises the sequence; numbers begin anew with the process at a random start.
  virtual std::uint64_t sequence() const = 0;
  struct Changes {
    std::uint64_t sequence = 0;
    std::vector<Item> items;  // changed after `since`, each once, oldest change first, at most `limit`
    bool more = false;        // ask again with `sequence`
    bool forgotten = false;   // `since` is too old or of another process: read anew what is shown
  };
  virtual Changes changes_since(std::uint64_t since, std::size_t limit) const = 0;
};

}  // namespace animalctl::label
