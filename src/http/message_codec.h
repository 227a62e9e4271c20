#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "animalctl/http/message.h"
#include "http/refusal.h"

namespace animalctl::http {

// How an answer is written, beside what the handler said.
struct AnswerForm {
  bool head_only = false;           // to HEAD: the length of the body, not the body
  bool close = false;               // Connection: close
  bool keep_alive_for_1_0 = false;  // HTTP/1.0 closes unless told otherwise
};

// What cpp-httplib does for the server: it inflates bodies and writes answers. It is shown a head of ours, not the
// client's, which request_head.h has read. Costs a compiled regular expression to make: one a thread. Not thread-safe.
class MessageCodec {
 public:
  MessageCodec();
  ~MessageCodec();
  MessageCodec(const MessageCodec&) = delete;
  MessageCodec& operator=(const MessageCodec&) = delete;

  // Inflates a gzip body to at most max_bytes. Sets `refusal` to 413, or 400 when it is broken or cut off.
  std::string inflate(const std::string& coded, std::size_t max_bytes, std::optional<Refusal>& refusal);

  // Appends the answer's bytes to `output`, without the content of a FileBody. Line ends and NULs inside field values
  // become spaces, fields without a proper name are left out, a status outside 200–599 is written as 500.
  void write(Response response, const AnswerForm& form, std::string& output);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::http
