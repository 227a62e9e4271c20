#include "archive/signature.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fmt/core.h>

#include <memory>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::archive {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kLargestKeyFile = std::uint64_t{64} << 10;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Bio = std::unique_ptr<BIO, FreeBio>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

// Without it OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

using ReadKey = EVP_PKEY*(BIO*, EVP_PKEY**, pem_password_cb*, void*);

Key read_key(const fs::path& path, ReadKey* read, const char* kind, const char* advice) {
  std::string text = read_text_file(path, kLargestKeyFile);
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Key key(bio == nullptr ? nullptr : read(bio.get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(text.data(), text.size());
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("{} holds no Ed25519 {} key in PEM form without passphrase; make one with `{}`",
                            path.string(), kind, advice));
  }
  return key;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string sign(std::string_view text, const fs::path& private_key) {
  const Key key =
      read_key(private_key, PEM_read_bio_PrivateKey, "private", "openssl genpkey -algorithm ed25519 -out key.pem");
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text),
                     text.size()) != 1 ||
      size != kSignatureBytes) {
    ERR_clear_error();
    throw Error(ErrorCode::Internal, fmt::format("cannot sign with {}: OpenSSL refused", private_key.string()));
  }
  return signature;
}

bool verify(std::string_view text, std::string_view signature, const fs::path& public_key) {
  const Key key =
      read_key(public_key, PEM_read_bio_PUBKEY, "public", "openssl pkey -in key.pem -pubout -out public.pem");
  if (signature.size() != kSignatureBytes) return false;
  const DigestContext context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) {
    ERR_clear_error();
    throw Error(ErrorCode::Internal, fmt::format("cannot verify with {}: OpenSSL refused", public_key.string()));
  }
  const bool good =
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace animalctl::archive
