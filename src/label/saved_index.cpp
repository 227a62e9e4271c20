#include "label/saved_index.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/parallel.h"
#include "label/saved_row.h"

namespace animalctl::label {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian; a swap is to be added here");

constexpr std::string_view kMagic = "ANIMLIDX";
constexpr std::uint32_t kIndexVersion = 1;
constexpr std::size_t kRowsAtOnce = 512;
constexpr std::uint8_t kQualified = 1;
constexpr std::uint8_t kInTrash = 2;
// Offset of the texts and the checksum.
constexpr std::size_t kTrailer = 16;

// Collects bytes and passes them on in large pieces.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& file) : file_(file), hash_(XXH3_createState(), XXH3_freeState) {
    XXH3_64bits_reset(hash_.get());
  }

  template <typename Number>
  void number(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    buffer_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void short_text(std::string_view text) {
    number(static_cast<std::uint8_t>(text.size()));
    buffer_.append(text);
  }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    buffer_.append(text);
  }
  void raw(std::string_view text) { buffer_.append(text); }
  std::uint64_t written() const { return written_ + buffer_.size(); }

  void flush() {
    XXH3_64bits_update(hash_.get(), buffer_.data(), buffer_.size());
    file_.write(buffer_);
    written_ += buffer_.size();
    buffer_.clear();
  }
  void flush_when_large() {
    if (buffer_.size() > std::size_t{1} << 18) flush();
  }
  void commit() {
    flush();
    number(XXH3_64bits_digest(hash_.get()));
    file_.write(buffer_);
    file_.commit();
  }

 private:
  AtomicFile file_;
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash_;
  std::string buffer_;
  std::uint64_t written_ = 0;
};

[[noreturn]] void damaged(std::string_view what) {
  throw Error(ErrorCode::DataLoss, fmt::format("the saved index cannot be used: {}", what));
}

// Takes numbers and texts from the front of bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  template <typename Number>
  void number(Number& value) {
    std::memcpy(&value, raw(sizeof value).data(), sizeof value);
  }
  template <typename Number>
  Number take() {
    Number value{};
    number(value);
    return value;
  }
  std::string_view short_text() { return raw(take<std::uint8_t>()); }
  std::string_view text() { return raw(take<std::uint32_t>()); }
  std::string_view raw(std::size_t size) {
    if (size > left_.size()) damaged("it is cut off");
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
};

struct ReadRow {
  std::string_view name;
  std::uint8_t flags = 0;
  std::string_view trash_name;
  SavedRow columns;
};

constexpr std::size_t bytes_of_columns() {
  std::size_t bytes = 0;
  SavedRow row;
  SavedRow::each(row, [&](const auto& value) { bytes += sizeof value; });
  return bytes;
}

ReadRow read_row(Reader& reader) {
  ReadRow row;
  row.name = reader.short_text();
  row.flags = reader.take<std::uint8_t>();
  if ((row.flags & kInTrash) != 0) row.trash_name = reader.short_text();
  // One look whether all of them are there, not one each.
  const char* bytes = reader.raw(bytes_of_columns()).data();
  SavedRow::each(row.columns, [&](auto& value) {
    std::memcpy(&value, bytes, sizeof value);
    bytes += sizeof value;
  });
  return row;
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

// The parts of a file whose checksum is right.
struct Parts {
  SavedIndexHeader header;
  std::uint32_t rows = 0;
  std::size_t name_bytes = 0;
  std::string_view row_bytes;
  std::vector<std::string_view> texts[3];  // labels, sources, people
};

void check_row(const Parts& parts, const ReadRow& row, std::string_view previous) {
  const SavedRow& columns = row.columns;
  const bool gone = columns.state == FrameTable::kGone;
  if (!is_file_name(row.name) || row.name <= previous) damaged("its names are not in order");
  if (!gone && columns.state > static_cast<std::uint8_t>(ItemState::Rejected)) damaged("an image has no known state");
  if (columns.label >= parts.texts[0].size() || columns.predicted >= parts.texts[0].size() ||
      columns.source >= parts.texts[1].size() || columns.annotator >= parts.texts[2].size()) {
    damaged("an image has a text that is not there");
  }
  const bool rejected = columns.state == static_cast<std::uint8_t>(ItemState::Rejected);
  if ((row.flags & ~(kQualified | kInTrash)) != 0 || rejected != ((row.flags & kInTrash) != 0) ||
      (rejected && !is_file_name(row.trash_name))) {
    damaged("an image's place is not known");
  }
}

void read_texts(std::string_view bytes, Parts& parts) {
  Reader reader(bytes);
  for (std::vector<std::string_view>& texts : parts.texts) {
    const auto count = reader.take<std::uint32_t>();
    for (std::uint32_t i = 0; i < count; ++i) texts.push_back(reader.text());
    if (texts.empty() || !texts.front().empty()) damaged("its texts do not begin with the empty one");
    std::vector<std::string_view> sorted = texts;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) damaged("a text stands twice");
  }
  if (!reader.at_end()) damaged("something follows its end");
}

Parts read_parts(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kTrailer || !bytes.starts_with(kMagic)) damaged("it is none");
  Reader trailer(bytes.substr(bytes.size() - kTrailer));
  const auto texts_at = trailer.take<std::uint64_t>();
  const auto checksum = trailer.take<std::uint64_t>();
  if (XXH3_64bits(bytes.data(), bytes.size() - sizeof checksum) != checksum) damaged("its checksum is wrong");
  Reader reader(bytes.substr(kMagic.size()));
  const auto version = reader.take<std::uint32_t>();
  if (version != kIndexVersion)
    damaged(fmt::format("it has version {}, this program reads {}", version, kIndexVersion));
  Parts parts;
  reader.number(parts.header.workspace);
  reader.number(parts.header.database);
  reader.number(parts.header.event);
  reader.number(parts.header.prediction);
  reader.number(parts.rows);
  constexpr std::size_t kRowsAt = kMagic.size() + std::size_t{4} + std::size_t{4} * 8 + 4;
  if (texts_at < kRowsAt || texts_at > bytes.size() - kTrailer) damaged("its parts overlap");
  parts.row_bytes = bytes.substr(kRowsAt, texts_at - kRowsAt);
  read_texts(bytes.substr(texts_at, bytes.size() - kTrailer - texts_at), parts);
  return parts;
}

void check_belongs(const SavedIndexHeader& header, const SavedIndexHeader& present) {
  if (header.workspace == present.workspace && header.database == present.database && header.event <= present.event &&
      header.prediction <= present.prediction) {
    return;
  }
  throw Error(ErrorCode::FailedPrecondition,
              "the saved index belongs to other folders, other classes or another database");
}

void check_rows(Parts& parts) {
  Reader reader(parts.row_bytes);
  std::string_view previous;
  for (std::uint32_t i = 0; i < parts.rows; ++i) {
    const ReadRow row = read_row(reader);
    check_row(parts, row, previous);
    previous = row.name;
    parts.name_bytes += row.name.size();
  }
  if (!reader.at_end()) damaged("it has more images than it says");
}

void write_rows(const StoreState& state, const std::vector<FrameId>& ids, Writer& writer) {
  for (std::size_t first = 0; first < ids.size(); first += kRowsAtOnce) {
    {
      const auto lock = state.read();
      for (std::size_t i = first; i < std::min(ids.size(), first + kRowsAtOnce); ++i) {
        const FrameId id = ids[i];
        const SavedRow row = state.table.saved_row(id);
        const std::string& trash_name = state.table.trash_name(id);
        writer.short_text(state.table.name(id));
        const bool qualified = state.stems.is_qualified(id);
        writer.number(static_cast<std::uint8_t>((qualified ? kQualified : 0) | (trash_name.empty() ? 0 : kInTrash)));
        if (!trash_name.empty()) writer.short_text(trash_name);
        SavedRow::each(row, [&](const auto& value) { writer.number(value); });
      }
    }
    writer.flush_when_large();
  }
}

void write_texts(const StoreState& state, Writer& writer) {
  const std::uint64_t texts_at = writer.written();
  const auto lock = state.read();
  for (const Interner* texts : {&state.table.label_names(), &state.table.source_names(), &state.table.people()}) {
    writer.number(texts->size());
    for (std::uint32_t id = 0; id < texts->size(); ++id) writer.text(texts->text(id));
  }
  writer.number(texts_at);
}

}  // namespace

void save_index(const StoreState& state, const SavedIndexHeader& header, const std::filesystem::path& file) {
  const std::vector<FrameId> ids = [&] {
    const auto lock = state.read();
    return state.table.present_in_order();
  }();
  Writer writer(file);
  writer.raw(kMagic);
  writer.number(kIndexVersion);
  writer.number(header.workspace);
  writer.number(header.database);
  writer.number(header.event);
  writer.number(header.prediction);
  writer.number(static_cast<std::uint32_t>(ids.size()));
  write_rows(state, ids, writer);
  write_texts(state, writer);
  writer.commit();
}

SavedIndexHeader load_index(std::span<const std::byte> bytes, const SavedIndexHeader& present, StoreState& state) {
  Parts parts = read_parts(as_text(bytes));
  check_belongs(parts.header, present);
  check_rows(parts);
  const auto lock = state.write();
  FrameTable& table = state.table;
  for (const std::string_view text : parts.texts[0]) table.label_names().id_of(text);
  for (const std::string_view text : parts.texts[1]) table.source_names().id_of(text);
  for (const std::string_view text : parts.texts[2]) table.people().id_of(text);
  table.reserve(parts.rows, parts.name_bytes);
  state.stems.reserve(parts.rows);
  Reader reader(parts.row_bytes);
  for (std::uint32_t i = 0; i < parts.rows; ++i) {
    const ReadRow row = read_row(reader);
    if (row.columns.state == FrameTable::kGone) continue;
    const FrameId id = table.append_saved(row.name, row.columns);
    if ((row.flags & kInTrash) != 0) {
      table.set_trash_name(id, std::string(row.trash_name));
    } else if ((row.flags & kQualified) != 0) {
      state.stems.set_qualified(id, true);
    }
  }
  // Finding by name and by stem: two tables that know nothing of each other, each a good part of a start.
  parallel_for(2, 2, [&state](std::size_t part) {
    if (part == 0) {
      state.table.index_names();
    } else {
      state.stems.add_all();
    }
  });
  return parts.header;
}

std::uint64_t workspace_number(const std::filesystem::path& frames, const std::filesystem::path& annotations,
                               const std::filesystem::path& trash, const ClassList& classes) {
  std::string text;
  for (const std::filesystem::path& folder : {frames, annotations, trash}) {
    text += std::filesystem::weakly_canonical(folder).string();
    text += '\0';
  }
  text += classes.joined();
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace animalctl::label
