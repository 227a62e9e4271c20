#include "train/labelled_store.h"

#include <fmt/core.h>

#include "animalctl/base/log.h"

namespace animalctl {
namespace {

constexpr std::size_t kNamedFailures = 10;

// Names the first few and counts the rest, so that a million bad files do not fill the terminal.
class FailureLog {
 public:
  void add(const std::filesystem::path& frame, const Error& reason) {
    if (++count_ <= kNamedFailures) {
      log::warning("skipped", {{"frame", frame.string()}, {"reason", reason.message()}});
    }
  }
  ~FailureLog() {
    if (count_ > kNamedFailures) log::warning(fmt::format("skipped {} more frames", count_ - kNamedFailures));
  }

 private:
  std::size_t count_ = 0;
};

[[noreturn]] void refuse_empty(const LabelledStoreOptions& options, std::size_t skipped) {
  throw Error(ErrorCode::FailedPrecondition,
              skipped == 0
                  ? fmt::format("the {} set {} has no rows; split again with a larger fraction or more images",
                                options.name, options.labels.csv.string())
                  : fmt::format("none of the {} frames of the {} set {} can be used; `animalctl dataset-check` "
                                "says what is wrong with them",
                                skipped, options.name, options.labels.csv.string()));
}

}  // namespace

LabelledStore assemble_store(const LabelledSet& set, std::vector<StoreEntry> entries,
                             const LabelledStoreOptions& options, std::shared_ptr<RecordCache> cache) {
  LabelledStore store;
  store.cache = std::move(cache);
  FailureLog failures;
  for (const SkippedFrame& frame : set.skipped) failures.add(frame.frame, frame.reason);
  store.skipped = set.skipped.size();
  Sha256 digest;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const LabelledFrame& frame = set.frames[i];
    const StoreEntry& entry = entries[i];
    if (entry.failure) {
      if (options.labels.strict) throw *entry.failure;
      failures.add(frame.frame, *entry.failure);
      ++store.skipped;
      continue;
    }
    store.frames.push_back(frame.frame);
    store.labels.push_back(frame.label);
    store.records.push_back(entry.record);
    store.digests.push_back(entry.digest);
    store.made += entry.made ? 1 : 0;
    digest.update(std::as_bytes(std::span(entry.digest.bytes)));
    digest.update(fmt::format("{}\n", frame.label));
  }
  store.digest = digest.finish();
  if (store.frames.empty()) refuse_empty(options, store.skipped);
  return store;
}

}  // namespace animalctl
