#include "http/tls.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <array>

#include "animalctl/base/error.h"

namespace animalctl::http {
namespace {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class TlsTransport : public Transport {
 public:
  TlsTransport(int socket, SSL_CTX* context) : Transport(socket), ssl_(SSL_new(context)) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) throw Error(ErrorCode::Internal, "cannot set up a TLS session");
    SSL_set_accept_state(ssl_.get());
  }

  IoResult handshake() override {
    ERR_clear_error();
    return result_of(SSL_do_handshake(ssl_.get()), 0);
  }
  IoResult read(char* to, std::size_t size) override {
    ERR_clear_error();
    std::size_t count = 0;
    const int ok = SSL_read_ex(ssl_.get(), to, size, &count);
    return result_of(ok, count);
  }
  IoResult write(const char* from, std::size_t size) override {
    ERR_clear_error();
    std::size_t count = 0;
    const int ok = SSL_write_ex(ssl_.get(), from, size, &count);
    return result_of(ok, count);
  }
  void end_writing() override {
    ERR_clear_error();
    if (!broken_) SSL_shutdown(ssl_.get());
    Transport::end_writing();
  }
  // The peer's last bytes are TLS's own farewell, so there is always something to peek at.
  bool peer_is_there() const override {
    pollfd wait{socket(), POLLRDHUP, 0};
    return ::poll(&wait, 1, 0) <= 0 || (wait.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
  }

 private:
  IoResult result_of(int ok, std::size_t count) {
    if (ok == 1) return {IoStatus::Done, count};
    switch (SSL_get_error(ssl_.get(), ok)) {
      case SSL_ERROR_WANT_READ:
        return {IoStatus::WantRead, 0};
      case SSL_ERROR_WANT_WRITE:
        return {IoStatus::WantWrite, 0};
      case SSL_ERROR_ZERO_RETURN:
        return {IoStatus::Closed, 0};
      default:
        broken_ = true;  // after these SSL_shutdown must not be called
        return {IoStatus::Closed, 0};
    }
  }

  const std::unique_ptr<SSL, SslDeleter> ssl_;
  bool broken_ = false;
};

std::string last_reason() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_last_error();
  if (code == 0) return "no reason given";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

// A key with a password would make OpenSSL ask at the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

void require_file(const std::filesystem::path& path, const char* what) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no {} {}; give a PEM file", what, path.string()));
  }
}

}  // namespace

struct TlsContext::State {
  std::unique_ptr<SSL_CTX, ContextDeleter> context;
};

TlsContext::TlsContext(const TlsFiles& files) : state_(std::make_unique<State>()) {
  require_file(files.certificate_chain, "TLS certificate");
  require_file(files.private_key, "TLS private key");
  ERR_clear_error();
  state_->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = state_->context.get();
  if (context == nullptr) throw Error(ErrorCode::Internal, "cannot set up TLS: " + last_reason());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // The rest of an answer may be tried again from another buffer, and idle connections keep none.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_chain.c_str()) != 1) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} holds no PEM certificate that can be used: {}",
                                                 files.certificate_chain.string(), last_reason()));
  }
  // Loading a key that is not the certificate's fails here as well.
  if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("the key {} does not belong to the certificate {}", files.private_key.string(),
                              files.certificate_chain.string()));
    }
    throw Error(ErrorCode::DataLoss, fmt::format("{} holds no PEM private key without a password: {}",
                                                 files.private_key.string(), last_reason()));
  }
}

TlsContext::~TlsContext() = default;

std::unique_ptr<Transport> TlsContext::accept(int socket) const {
  return std::make_unique<TlsTransport>(socket, state_->context.get());
}

}  // namespace animalctl::http
