#include "animalctl/lake/prediction_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "lake/lake_schema.h"

namespace animalctl::lake {
namespace {

namespace fs = std::filesystem;

// Read and stored at a time: a few thousand lines.
constexpr std::size_t kChunk = 2 << 20;
// A longer line is no prediction: 1,000 classes take 20 KB.
constexpr std::size_t kMaxLine = 1 << 20;

class OpenedFile {
 public:
  explicit OpenedFile(const fs::path& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw error_from_errno(errno, "read " + path.string());
  }
  ~OpenedFile() { ::close(descriptor_); }
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;

  std::uint64_t size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) throw error_from_errno(errno, "read " + path_.string());
    return static_cast<std::uint64_t>(status.st_size);
  }
  std::string read(std::uint64_t offset, std::size_t count) const {
    std::string text(count, '\0');
    const ssize_t got = ::pread(descriptor_, text.data(), count, static_cast<off_t>(offset));
    if (got < 0) throw error_from_errno(errno, "read " + path_.string());
    text.resize(static_cast<std::size_t>(got));
    return text;
  }

 private:
  fs::path path_;
  int descriptor_;
};

bool is_prediction_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("predictions-") && name.ends_with(".jsonl");
}

// In the order of their names, which is that of time.
std::vector<fs::path> prediction_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_prediction_file(entry->path())) files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw error_from_errno(error.value(), "list " + folder.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Reads one file from where it was left.
class FileIngest {
 public:
  FileIngest(Database& database, Predictions& predictions, const fs::path& path, IngestCounts& counts)
      : database_(database),
        predictions_(predictions),
        name_(fs::absolute(path).string()),
        file_(path),
        counts_(counts) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested() && read_chunk()) {
    }
  }

 private:
  std::int64_t bytes_read() {
    const std::vector<Row> rows =
        database_.query("SELECT bytes_read FROM lake_sources WHERE file = :file", Row{name_}, {ColumnType::Integer});
    return rows.empty() ? -1 : integer(rows.front(), 0);
  }

  // False when there is no whole line more. Most calls end here, having opened no transaction.
  bool read_chunk() {
    const std::uint64_t size = file_.size();
    const std::int64_t known = bytes_read();
    // A file that is shorter than what was read of it is another one; rows that are known change nothing.
    const bool replaced = known > static_cast<std::int64_t>(size);
    const std::uint64_t offset = known < 0 || replaced ? 0 : static_cast<std::uint64_t>(known);
    if (offset >= size) return false;
    const std::string chunk = file_.read(offset, kChunk);
    const std::size_t used = whole_lines(chunk);
    if (used == 0) return false;
    std::vector<PredictionRow> rows = parse(std::string_view(chunk).substr(0, used), offset);
    store(rows, known, offset + used);
    counts_.rows += rows.size();
    counts_.bytes += used;
    return true;
  }

  // Bytes up to the end of the last line; of a line that is too long, all there is.
  static std::size_t whole_lines(const std::string& chunk) {
    const std::size_t end = chunk.rfind('\n');
    if (end != std::string::npos) return end + 1;
    return chunk.size() > kMaxLine ? chunk.size() : 0;
  }

  std::vector<PredictionRow> parse(std::string_view text, std::uint64_t offset) {
    std::vector<PredictionRow> rows;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      try {
        if (!line.empty()) rows.push_back(parse_prediction_line(line, fmt::format("{} at byte {}", name_, offset)));
      } catch (const Error& error) {
        ++counts_.garbled;
        if (!std::exchange(complained_, true)) log::warning("a line is no prediction", {{"reason", error.what()}});
      }
      const std::size_t step = std::min(end + 1, text.size());
      text.remove_prefix(step);
      offset += step;
    }
    return rows;
  }

  void store(const std::vector<PredictionRow>& rows, std::int64_t known, std::uint64_t now) {
    Transaction transaction(database_);
    predictions_.insert_within(rows);
    const auto position = static_cast<std::int64_t>(now);
    if (known < 0) {
      // Two programs may meet a new file at the same moment.
      database_.execute(
          "INSERT INTO lake_sources (file, bytes_read) VALUES (:file, :bytes) ON CONFLICT (file) DO NOTHING",
          Row{name_, position});
    } else {
      database_.execute("UPDATE lake_sources SET bytes_read = :bytes WHERE file = :file AND bytes_read = :known",
                        Row{position, name_, known});
    }
    transaction.commit();
  }

  Database& database_;
  Predictions& predictions_;
  std::string name_;
  OpenedFile file_;
  IngestCounts& counts_;
  bool complained_ = false;
};

}  // namespace

IngestCounts ingest_prediction_files(Database& database, const fs::path& folder, const std::stop_token& stop) {
  Predictions predictions(database);
  IngestCounts counts;
  for (const fs::path& path : prediction_files(folder)) {
    if (stop.stop_requested()) break;
    FileIngest(database, predictions, path, counts).run(stop);
  }
  return counts;
}

}  // namespace animalctl::lake
