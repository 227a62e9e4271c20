#include "report/html_text.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace animalctl {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The JSON library knows UTF-8: what it cannot encode it replaces.
std::string valid_utf8(std::string_view text) {
  const nlohmann::json value = std::string(text);
  const std::string encoded = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(encoded).get<std::string>();
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        if (is_control(c)) {
          escaped += kReplacement;
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

std::string jpeg_data_uri(std::span<const std::byte> bytes) {
  // Four characters for each three bytes begun, and the terminating zero that OpenSSL writes.
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return "data:image/jpeg;base64," + encoded;
}

std::string percent(double share, int digits) {
  return std::isfinite(share) ? fmt::format("{:.{}f}%", share * 100, digits) : "–";
}

std::string fixed(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "–";
}

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, ",");
  return text;
}

}  // namespace animalctl
