#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/stable_split.h"

namespace animalctl {
namespace {

constexpr int kMaxNearDistance = 15;
constexpr std::string_view kMagic = "# animalctl stable split 1";
constexpr std::string_view kColumns = "digest,perceptual_hash,part";
constexpr std::uint64_t kMaxLedgerBytes = std::uint64_t{4} << 30;

std::string settings_line(const StableSplitSettings& settings) {
  return fmt::format("{} train={} val={} test={} seed={} distance={}", kMagic, python_float(settings.fractions.train),
                     python_float(settings.fractions.val), python_float(settings.fractions.test), settings.seed,
                     settings.near_distance);
}

template <typename Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

bool read_setting(std::string_view word, StableSplitSettings& settings) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  if (key == "train") return read_number(value, settings.fractions.train);
  if (key == "val") return read_number(value, settings.fractions.val);
  if (key == "test") return read_number(value, settings.fractions.test);
  if (key == "seed") return read_number(value, settings.seed);
  if (key == "distance") return read_number(value, settings.near_distance);
  return false;
}

bool parse_settings(std::string_view line, StableSplitSettings& settings) {
  if (!line.starts_with(kMagic)) return false;
  const std::vector<std::string> words = split(trim(line.substr(kMagic.size())), ' ');
  constexpr std::size_t kSettingCount = 5;
  return words.size() == kSettingCount &&
         std::all_of(words.begin(), words.end(), [&](const std::string& word) { return read_setting(word, settings); });
}

std::optional<Part> part_named(std::string_view name) {
  for (const Part part : kParts) {
    if (to_string(part) == name) return part;
  }
  return std::nullopt;
}

bool parse_entry(std::string_view line, Digest& digest, LedgerEntry& entry) {
  const std::vector<std::string> fields = split(line, ',');
  constexpr std::size_t kHashDigits = 16;
  if (fields.size() != 3 || fields[1].size() != kHashDigits) return false;
  const std::optional<Digest> parsed = Digest::from_hex(fields[0]);
  const std::optional<Part> part = part_named(fields[2]);
  const char* const hash = fields[1].data();
  const auto [end, code] = std::from_chars(hash, hash + kHashDigits, entry.perceptual_hash, 16);
  if (!parsed || !part || code != std::errc() || end != hash + kHashDigits) return false;
  digest = *parsed;
  entry.part = *part;
  return true;
}

[[noreturn]] void throw_garbled(std::string_view origin, std::size_t line, std::string_view what) {
  throw Error(ErrorCode::DataLoss,
              fmt::format("{} line {} {}; restore the file from a backup, or delete it to assign every image anew",
                          origin, line, what));
}

}  // namespace

StableLedger::StableLedger(const StableSplitSettings& settings) : settings_(settings) {
  check_fractions(settings.fractions);
  if (settings.near_distance < 0 || settings.near_distance > kMaxNearDistance) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("the distance of near-duplicates is {}; it must be a whole number from 0 to {}",
                            settings.near_distance, kMaxNearDistance));
  }
}

StableLedger StableLedger::parse(std::string_view text, std::string_view origin) {
  std::optional<StableLedger> ledger;
  std::size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = text.find('\n');
    // The last line of a whole file ends too: one that does not was cut.
    if (end == std::string_view::npos) throw_garbled(origin, line_number, "is cut short");
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (line_number == 1) {
      StableSplitSettings settings;
      if (!parse_settings(line, settings)) throw_garbled(origin, line_number, "is not the settings of a stable split");
      try {
        ledger.emplace(settings);
      } catch (const Error& error) {
        throw_garbled(origin, line_number, error.message());
      }
    } else if (line_number == 2) {
      if (line != kColumns) throw_garbled(origin, line_number, fmt::format("should be {}", kColumns));
    } else {
      Digest digest;
      LedgerEntry entry;
      if (!parse_entry(line, digest, entry)) throw_garbled(origin, line_number, "is not digest,perceptual_hash,part");
      if (ledger->find(digest)) throw_garbled(origin, line_number, "names an image a second time");
      ledger->record(digest, entry);
    }
  }
  if (line_number < 2) throw_garbled(origin, line_number + 1, "is missing");
  return std::move(*ledger);
}

StableLedger StableLedger::open(const std::filesystem::path& path, const StableSplitSettings& settings) {
  StableLedger fresh(settings);
  std::string text;
  try {
    text = read_text_file(path, kMaxLedgerBytes);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::NotFound) return fresh;
    throw;
  }
  StableLedger ledger = parse(text, path.string());
  const bool same = ledger.settings_.fractions == settings.fractions && ledger.settings_.seed == settings.seed;
  if (!same) {
    throw Error(
        ErrorCode::FailedPrecondition,
        fmt::format("{} was made with other settings, and its images keep their side for ever.\n  it has:    {}\n"
                    "  requested: {}\nGive the settings it has, write the CSV files into another folder, or delete "
                    "it to assign every image anew",
                    path.string(), settings_line(ledger.settings()).substr(kMagic.size() + 1),
                    settings_line(settings).substr(kMagic.size() + 1)));
  }
  return ledger;
}

std::string StableLedger::text() const {
  std::vector<const std::pair<const Digest, LedgerEntry>*> sorted;
  sorted.reserve(entries_.size());
  for (const auto& entry : entries_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string text = fmt::format("{}\n{}\n", settings_line(settings_), kColumns);
  for (const auto* entry : sorted) {
    text += fmt::format("{},{:016x},{}\n", entry->first.hex(), entry->second.perceptual_hash,
                        to_string(entry->second.part));
  }
  return text;
}

std::optional<LedgerEntry> StableLedger::find(const Digest& digest) const {
  const auto found = entries_.find(digest);
  return found == entries_.end() ? std::nullopt : std::optional<LedgerEntry>(found->second);
}

void StableLedger::record(const Digest& digest, const LedgerEntry& entry) {
  entries_[digest] = entry;
}

}  // namespace animalctl
