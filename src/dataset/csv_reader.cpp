#include "dataset/csv_reader.h"

#include <csv.h>
#include <fmt/core.h>

#include <algorithm>
#include <exception>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

// libcsv's state between two rows (it does not export the name).
constexpr int kRowNotBegun = 0;

int no_character_is_space(unsigned char) {
  return 0;
}

// One parse: libcsv is a C library, so no exception may pass through it; the first is kept and rethrown.
class Parse {
 public:
  Parse(std::string_view origin, const std::function<void(CsvRow&)>& on_row) : origin_(origin), on_row_(on_row) {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) {
      throw Error(ErrorCode::ResourceExhausted, fmt::format("cannot parse {}: out of memory", origin_));
    }
    csv_set_space_func(&parser_, no_character_is_space);
  }
  ~Parse() { csv_free(&parser_); }
  Parse(const Parse&) = delete;
  Parse& operator=(const Parse&) = delete;

  // Feeding line by line lets every row know where it began, also after names with line breaks.
  void feed(std::string_view line) {
    ++line_;
    if (parser_.pstate == kRowNotBegun) row_.line = line_;
    if (csv_parse(&parser_, line.data(), line.size(), &Parse::on_field, &Parse::on_end, this) != line.size()) fail();
    if (failure_) std::rethrow_exception(failure_);
  }

  void finish() {
    if (csv_fini(&parser_, &Parse::on_field, &Parse::on_end, this) != 0) {
      throw Error(ErrorCode::DataLoss,
                  fmt::format("{} line {}: a quote is opened and never closed; close it or write the file again",
                              origin_, row_.line));
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static void on_field(void* field, std::size_t size, void* self) {
    auto& parse = *static_cast<Parse*>(self);
    parse.guard([&] { parse.row_.fields.emplace_back(static_cast<const char*>(field), size); });
  }

  static void on_end(int, void* self) {
    auto& parse = *static_cast<Parse*>(self);
    parse.guard([&] {
      parse.on_row_(parse.row_);
      parse.row_.fields.clear();
    });
  }

  template <typename Action>
  void guard(Action action) {
    if (failure_) return;
    try {
      action();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  [[noreturn]] void fail() {
    if (failure_) std::rethrow_exception(failure_);
    if (csv_error(&parser_) != CSV_EPARSE) {
      throw Error(ErrorCode::ResourceExhausted, fmt::format("cannot parse {}: out of memory", origin_));
    }
    throw Error(
        ErrorCode::DataLoss,
        fmt::format("{} line {}: a quote stands inside a field; a field with quotes is written \"like \"\"this\"\"\"",
                    origin_, line_));
  }

  csv_parser parser_{};
  std::string_view origin_;
  const std::function<void(CsvRow&)>& on_row_;
  CsvRow row_;
  std::size_t line_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void parse_csv(std::string_view text, std::string_view origin, const std::function<void(CsvRow&)>& on_row) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n') + 1;
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} line {} holds a NUL byte, so it is not a CSV file in UTF-8; save it as CSV UTF-8",
                            origin, line));
  }
  Parse parse(origin, on_row);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    parse.feed(text.substr(0, end));
    text.remove_prefix(end);
  }
  parse.finish();
}

std::string csv_field(std::string_view field) {
  if (!field.empty() && field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string quoted = "\"";
  for (const char character : field) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + "\"";
}

}  // namespace animalctl
