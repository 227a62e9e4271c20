#include "dataset/stable_frames.h"

#include "animalctl/base/file.h"
#include "animalctl/base/parallel.h"
#include "animalctl/image/limits.h"

namespace animalctl {
namespace {

Result<StableItem> read_item(const std::filesystem::path& path, const StableLedger& ledger,
                             const ImageExaminer& examiner) {
  try {
    const Bytes bytes = read_file(path, DecodeLimits{}.max_bytes);
    StableItem item;
    item.audit = path.filename().string().starts_with(kAuditFramePrefix);
    item.digest = sha256(bytes);
    if (const std::optional<LedgerEntry> recorded = ledger.find(item.digest)) {
      item.perceptual_hash = recorded->perceptual_hash;
      return item;
    }
    const Result<ImageFacts> facts = examiner(bytes);
    if (!facts) return facts.error().with_note("in " + path.string());
    item.perceptual_hash = facts.value().perceptual_hash;
    return item;
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace

std::vector<std::optional<Result<StableItem>>> read_stable_items(const std::filesystem::path& frames_dir,
                                                                 std::span<const std::string_view> names,
                                                                 const StableLedger& ledger,
                                                                 const ImageExaminer& examiner, int threads,
                                                                 ProgressSink& progress, const std::stop_token& stop) {
  std::vector<std::optional<Result<StableItem>>> items(names.size());
  progress.begin("reading frames", names.size());
  parallel_for(
      names.size(), threads > 0 ? threads : available_cores(),
      [&](std::size_t i) { items[i] = read_item(frames_dir / names[i], ledger, examiner); },
      [&](std::size_t done) { progress.advance(done); }, stop);
  progress.end();
  if (stop.stop_requested()) throw Error(ErrorCode::Cancelled, "stopped while reading frames; nothing was written");
  return items;
}

}  // namespace animalctl
