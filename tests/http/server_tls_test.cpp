// TLS, with certificates made here.
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>

#include "animalctl/base/file.h"
#include "http/test_server.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

using http::ServerOptions;
using http::TlsFiles;
using std::chrono::milliseconds;

std::FILE* open_file(const std::filesystem::path& path) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  return file;
}

// A key and a certificate of its own; a key with a password when one is given.
TlsFiles make_certificate(const std::filesystem::path& folder, const std::string& name,
                          const char* password = nullptr) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  const TlsFiles files{folder / (name + ".crt"), folder / (name + ".key")};
  std::FILE* file = open_file(files.certificate_chain);
  REQUIRE(PEM_write_X509(file, certificate.get()) == 1);
  std::fclose(file);
  file = open_file(files.private_key);
  const EVP_CIPHER* const cipher = password == nullptr ? nullptr : EVP_aes_128_cbc();
  REQUIRE(PEM_write_PrivateKey(file, key.get(), cipher, nullptr, 0, nullptr, const_cast<char*>(password)) == 1);
  std::fclose(file);
  return files;
}

ServerOptions tls_options(const TlsFiles& files) {
  ServerOptions options;
  options.tls = files;
  return options;
}

TEST_CASE("requests are answered through TLS, large bodies and answers too", "[http]") {
  const TemporaryFolder folder;
  TestServer server(echo, tls_options(make_certificate(folder.path(), "a")));
  CHECK(server->url() == "https://127.0.0.1:" + std::to_string(server->port()));
  HttpClient client(server->port(), HttpClient::Tls::On);
  CHECK(client.get("/x").body == "GET /x");
  const std::string large(std::size_t{3} << 20, 'y');
  CHECK(client.post("/", large).body == large);
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(client.read_answer().body == "GET /1");
  CHECK(client.read_answer().body == "GET /2");
  CHECK(client.is_closed());
}

TEST_CASE("a client that does not speak TLS is closed and a silent one does not stay", "[http]") {
  const TemporaryFolder folder;
  ServerOptions options = tls_options(make_certificate(folder.path(), "a"));
  options.request_timeout = milliseconds(50);
  options.max_threads = 1;
  TestServer server(echo, options);
  HttpClient silent = server.connect();
  HttpClient plain = server.connect();
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  plain.read_to_end();  // TLS tells what is wrong in its own way, then closes
  // Half of a greeting.
  HttpClient half = server.connect();
  half.send("\x16\x03\x01\x02");
  CHECK(half.is_closed());
  CHECK(silent.is_closed());
  CHECK(HttpClient(server->port(), HttpClient::Tls::On).get("/").status == 200);
}

TEST_CASE("a request that stalls inside TLS is answered 408", "[http]") {
  const TemporaryFolder folder;
  ServerOptions options = tls_options(make_certificate(folder.path(), "a"));
  options.request_timeout = milliseconds(50);
  TestServer server(echo, options);
  HttpClient client(server->port(), HttpClient::Tls::On);
  client.send("GET / HT");
  CHECK(client.read_answer().status == 408);
}

TEST_CASE("a client that leaves is noticed through TLS", "[http]") {
  const TemporaryFolder folder;
  Gate arrived;
  Gate left;
  Gate done;
  bool there = true;
  TestServer server(
      [&](const http::Request& request) {
        CHECK(request.client_is_there());
        arrived.open();
        CHECK(left.wait());
        there = request.client_is_there();
        done.open();
        return echo(request);
      },
      tls_options(make_certificate(folder.path(), "a")));
  {
    HttpClient client(server->port(), HttpClient::Tls::On);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(arrived.wait());
  }
  left.open();
  REQUIRE(done.wait());
  CHECK_FALSE(there);
}

TEST_CASE("certificate files that cannot be used are refused, each with its reason", "[http]") {
  const TemporaryFolder folder;
  const TlsFiles good = make_certificate(folder.path(), "a");
  const TlsFiles other = make_certificate(folder.path(), "b");
  const auto refused = [](ErrorCode code, const std::string& why, const TlsFiles& files) {
    require_error(code, why, [&] { http::Server(tls_options(files), echo); });
  };
  refused(ErrorCode::NotFound, "no TLS certificate", {folder.path() / "none", good.private_key});
  refused(ErrorCode::NotFound, "no TLS private key", {good.certificate_chain, folder.path() / "none"});
  refused(ErrorCode::DataLoss, "no PEM certificate", {good.private_key, good.private_key});
  refused(ErrorCode::DataLoss, "no PEM private key", {good.certificate_chain, good.certificate_chain});
  refused(ErrorCode::InvalidArgument, "does not belong", {good.certificate_chain, other.private_key});
  const TlsFiles locked = make_certificate(folder.path(), "c", "secret");
  refused(ErrorCode::DataLoss, "without a password", locked);
}

}  // namespace
}  // namespace animalctl::test
