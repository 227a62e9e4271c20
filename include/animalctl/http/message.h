#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace animalctl::http {

// Header fields in the order sent. Names compare without case (RFC 9110 §5.1).
using Headers = std::vector<std::pair<std::string, std::string>>;

// The first value of a field; nothing when there is none.
std::optional<std::string> find_header(const Headers& headers, std::string_view name);

// One part of a multipart/form-data body (RFC 7578).
struct Part {
  std::string name;
  std::string filename;      // "" when the part is no file
  std::string content_type;  // "" when not said
  std::string content;
};

// What a handler gets: the whole request, read and checked for size.
struct Request {
  std::string method;  // upper case
  std::string path;    // percent-decoded, without the query; %2F, %25 and codes of control characters stay
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in the order sent
  Headers headers;
  std::string body;         // as sent, after transfer and content coding; "" when `parts` holds it
  std::vector<Part> parts;  // of multipart/form-data, else empty
  std::string remote_address;
  std::chrono::steady_clock::time_point received;  // when its first byte was read
  // What the router matched in the path: "{model}" → parameters["model"].
  std::map<std::string, std::string, std::less<>> parameters;
  // False once the client is known to have closed the connection: its answer is worth no work. May be empty (tests).
  std::function<bool()> client_is_there;

  std::optional<std::string> header(std::string_view name) const { return find_header(headers, name); }
  // The first value of a query key; nothing when there is none.
  std::optional<std::string> query_value(std::string_view key) const;
  // A parameter of the route; "" when the route has none of that name.
  std::string parameter(std::string_view name) const;
};

// A body that stands in a file: sent piece by piece, so that its size costs no memory. Owns the descriptor, which is
// read at offsets, never at its position. A file that turns out shorter ends the connection.
class FileBody {
 public:
  FileBody(int descriptor, std::uint64_t bytes) : descriptor_(descriptor), bytes_(bytes) {}
  ~FileBody();  // closes
  FileBody(const FileBody&) = delete;
  FileBody& operator=(const FileBody&) = delete;

  int descriptor() const { return descriptor_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  int descriptor_;
  std::uint64_t bytes_;
};

// What a handler gives back.
struct Response {
  int status = 200;
  Headers headers;           // beside Content-Type, Content-Length and Connection, which the server writes
  std::string content_type;  // "" when there is no body
  std::string body;
  std::shared_ptr<const FileBody> file;  // instead of `body`
  bool close = false;                    // close the connection after it
};

using Handler = std::function<Response(const Request&)>;

}  // namespace animalctl::http
