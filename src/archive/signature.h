#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace animalctl::archive {

// Bytes of an Ed25519 signature (RFC 8032).
inline constexpr std::size_t kSignatureBytes = 64;

// Signs `text` with the private key in a PEM file (PKCS #8, as `openssl genpkey -algorithm ed25519` writes it).
// Returns the 64 raw bytes. Throws NotFound, FailedPrecondition when the file holds no unencrypted Ed25519 private key.
std::string sign(std::string_view text, const std::filesystem::path& private_key);

// True when `signature` is that of `text` by the owner of the public key in a PEM file (SubjectPublicKeyInfo, as
// `openssl pkey -pubout` writes it). Throws NotFound, FailedPrecondition when the file holds no Ed25519 public key.
bool verify(std::string_view text, std::string_view signature, const std::filesystem::path& public_key);

}  // namespace animalctl::archive
