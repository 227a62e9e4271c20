#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/http/content_type.h"
#include "animalctl/http/multipart.h"

using animalctl::http::Part;

// The first line is a Content-Type, the rest a body. Any body gives parts that are inside it and that survive being
// written and split again, or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto type = animalctl::http::parse_media_type(text.substr(0, line));
  if (!type) return 0;
  const std::string boundary = type->parameter("boundary").value_or("");
  const std::string_view body = text.substr(std::min(line + 1, size));
  try {
    const std::vector<Part> parts = animalctl::http::parse_multipart(body, boundary);
    std::size_t total = 0;
    std::string again;
    for (const Part& part : parts) {
      total += part.content.size();
      again += "--" + boundary + "\r\nContent-Disposition: form-data; name=x\r\n\r\n" + part.content + "\r\n";
    }
    if (total > body.size() || parts.size() > 100) std::abort();
    const std::vector<Part> second = animalctl::http::parse_multipart(again + "--" + boundary + "--", boundary);
    if (second.size() != parts.size()) std::abort();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (second[i].content != parts[i].content) std::abort();
    }
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::InvalidArgument) std::abort();
  }
  return 0;
}
