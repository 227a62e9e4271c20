#include "loadtest/response_parser.h"

// Beast asserts that a last chunk comes in at least five bytes at once, which a legal "0\r\n\r\n" need not; without the
// assertion it goes on rightly. Beast is included here only.
#define BOOST_DISABLE_ASSERTS
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace animalctl::loadtest {
namespace {

namespace beast = boost::beast;

constexpr std::uint32_t kMaxHead = 64 * 1024;

// Beast's parser with sinks that keep the status and drop the rest: no allocation a response.
class StatusParser final : public beast::http::basic_parser<false> {
 public:
  StatusParser() {
    header_limit(kMaxHead);
    // Not boost::none, which Boost 1.74 takes for a limit of 0.
    body_limit(std::numeric_limits<std::uint64_t>::max());
    eager(true);
  }
  int status() const { return status_; }

 private:
  using Code = beast::error_code;
  using Text = beast::string_view;

  void on_request_impl(beast::http::verb, Text, Text, int, Code&) override {}
  void on_response_impl(int code, Text, int, Code& error) override {
    status_ = code;
    if (code < 100) error = beast::http::error::bad_status;
  }
  void on_field_impl(beast::http::field, Text, Text, Code&) override {}
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text body, Code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code&) override { return body.size(); }
  void on_finish_impl(Code&) override {}

  int status_ = 0;
};

}  // namespace

struct ResponseParser::Impl {
  std::optional<StatusParser> parser;
  std::string rest;  // bytes that make sense only with those to come
  bool to_head = false;
  bool begun = false;
  int status = 0;
  bool reusable = false;

  void restart() {
    parser.emplace();
    if (to_head) parser->skip(true);
  }

  // Returns how many bytes were used.
  std::size_t put(std::string_view bytes, State& state);
  State finish(bool surplus);
};

ResponseParser::State ResponseParser::Impl::finish(bool surplus) {
  status = parser->status();
  reusable = parser->keep_alive() && !surplus;
  return State::Complete;
}

std::size_t ResponseParser::Impl::put(std::string_view bytes, State& state) {
  std::size_t used = 0;
  state = State::NeedMore;
  while (used < bytes.size()) {
    beast::error_code error;
    used += parser->put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
    if (error == beast::http::error::need_more) break;
    if (error) {
      state = State::Malformed;
      break;
    }
    if (!parser->is_done()) continue;
    const bool interim = parser->status() >= 100 && parser->status() < 200 && parser->status() != 101;
    if (!interim) {
      state = finish(used < bytes.size());
      break;
    }
    restart();
  }
  return used;
}

ResponseParser::ResponseParser() : impl_(std::make_unique<Impl>()) {}
ResponseParser::~ResponseParser() = default;

void ResponseParser::start(bool to_head) {
  impl_->to_head = to_head;
  impl_->begun = false;
  impl_->status = 0;
  impl_->reusable = false;
  impl_->rest.clear();
  impl_->restart();
}

ResponseParser::State ResponseParser::feed(std::string_view bytes) {
  Impl& impl = *impl_;
  impl.begun = impl.begun || !bytes.empty();
  State state = State::NeedMore;
  if (impl.rest.empty()) {
    const std::size_t used = impl.put(bytes, state);
    if (state == State::NeedMore) impl.rest.assign(bytes.substr(used));
  } else {
    impl.rest.append(bytes);
    const std::size_t used = impl.put(impl.rest, state);
    impl.rest.erase(0, used);
  }
  // A head or chunk line without end: the parser itself stops only at lines that are whole.
  if (state == State::NeedMore && impl.rest.size() > kMaxHead) state = State::Malformed;
  return state;
}

ResponseParser::State ResponseParser::end_of_stream() {
  if (!impl_->begun || !impl_->rest.empty() || !impl_->parser->got_some()) return State::NeedMore;
  beast::error_code error;
  impl_->parser->put_eof(error);
  if (error || !impl_->parser->is_done()) return State::NeedMore;
  impl_->finish(false);
  impl_->reusable = false;
  return State::Complete;
}

int ResponseParser::status() const {
  return impl_->status;
}

bool ResponseParser::reusable() const {
  return impl_->reusable;
}

bool ResponseParser::begun() const {
  return impl_->begun;
}

}  // namespace animalctl::loadtest
