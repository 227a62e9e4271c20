#include "animalctl/http/multipart.h"

#include <fmt/core.h>

#include <cstring>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "http/parameters.h"

namespace animalctl::http {
namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046 §5.1.1

[[noreturn]] void refuse_multipart(std::string_view why) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("the multipart body cannot be read: {}", why));
}

// string_view::find looks for the first byte and compares; memmem is several times quicker on images.
std::size_t find_bytes(std::string_view text, std::string_view wanted, std::size_t from) {
  const void* const found = ::memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// One line of a part's head.
void read_field(std::string_view line, Part& part, bool& named) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    refuse_multipart("a part's field has no name; a field is written `Name: value`");
  }
  const std::string name = to_lower(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (name == "content-type") part.content_type = std::string(value);
  if (name != "content-disposition") return;
  const std::size_t end = std::min(value.find(';'), value.size());
  if (to_lower(trim(value.substr(0, end))) != "form-data")
    refuse_multipart("a part's Content-Disposition is not form-data");
  const std::optional<Parameters> parameters = parse_parameters(value.substr(end));
  if (!parameters) refuse_multipart("a part's Content-Disposition has no parameters of the form name=\"value\"");
  const std::optional<std::string> part_name = find_parameter(*parameters, "name");
  if (part_name) part.name = *part_name;
  named = named || part_name.has_value();
  part.filename = find_parameter(*parameters, "filename").value_or("");
}

// The fields between a delimiter and the blank line; each line still has its CRLF.
Part read_part_head(std::string_view head) {
  Part part;
  bool named = false;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      refuse_multipart("a part's field has a bare CR, LF or NUL in it");
    }
    read_field(line, part, named);
    head.remove_prefix(end + 2);
  }
  if (!named) refuse_multipart("a part has no name; each needs `Content-Disposition: form-data; name=\"…\"`");
  return part;
}

class Splitter {
 public:
  Splitter(std::string_view body, std::string_view boundary, const MultipartLimits& limits)
      : body_(body), delimiter_("\r\n--" + std::string(boundary)), limits_(limits) {}

  std::vector<Part> run() {
    find_first_delimiter();
    std::vector<Part> parts;
    while (!at_close()) {
      if (parts.size() == limits_.max_parts)
        refuse_multipart(fmt::format("it has more than {} parts", limits_.max_parts));
      parts.push_back(read_part());
    }
    return parts;
  }

 private:
  // Moves behind the first delimiter, which may stand at the very beginning, without a line end before it.
  void find_first_delimiter() {
    const std::string_view bare = std::string_view(delimiter_).substr(2);
    if (body_.starts_with(bare)) {
      position_ = bare.size();
      return;
    }
    const std::size_t found = find_bytes(body_, delimiter_, 0);
    if (found == std::string_view::npos) refuse_multipart("no line is the boundary that Content-Type announces");
    position_ = found + delimiter_.size();
  }

  // Behind a delimiter: "--" ends the body, a line end (white space before it allowed) begins a part.
  bool at_close() {
    if (body_.substr(position_, 2) == "--") return true;
    while (position_ < body_.size() && (body_[position_] == ' ' || body_[position_] == '\t')) ++position_;
    if (body_.substr(position_, 2) != "\r\n") refuse_multipart("a boundary is followed by neither `--` nor a line end");
    position_ += 2;
    return false;
  }

  Part read_part() {
    // A part without fields begins with the blank line itself; it has no name and is refused below.
    const std::string_view window = body_.substr(position_, limits_.max_part_head_bytes + 4);
    const std::size_t end = window.starts_with("\r\n") ? 0 : find_bytes(window, "\r\n\r\n", 0);
    if (end == std::string_view::npos) {
      refuse_multipart(
          fmt::format("no blank line follows a part's fields within {} bytes", limits_.max_part_head_bytes));
    }
    const std::size_t head_size = end == 0 ? 0 : end + 2;
    Part part = read_part_head(window.substr(0, head_size));
    position_ += head_size + 2;
    // The content may be empty: then the delimiter's line end is the one that closed the head.
    const std::size_t stop = find_bytes(body_, delimiter_, position_ - 2);
    if (stop == std::string_view::npos) refuse_multipart("the last boundary is missing; was the body cut off?");
    if (stop >= position_) part.content = std::string(body_.substr(position_, stop - position_));
    position_ = stop + delimiter_.size();
    return part;
  }

  const std::string_view body_;
  const std::string delimiter_;
  const MultipartLimits limits_;
  std::size_t position_ = 0;
};

}  // namespace

std::vector<Part> parse_multipart(std::string_view body, std::string_view boundary, const MultipartLimits& limits) {
  const bool possible = !boundary.empty() && boundary.size() <= kMaxBoundary &&
                        boundary.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  if (!possible)
    refuse_multipart(fmt::format("Content-Type announces no boundary of 1 to {} characters", kMaxBoundary));
  return Splitter(body, boundary, limits).run();
}

}  // namespace animalctl::http
