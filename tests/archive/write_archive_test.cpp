#include "animalctl/archive/write_archive.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "archive/archive_names.h"
#include "archive/crafted_archive.h"
#include "archive/member_content.h"
#include "archive/pack.h"
#include "archive/signature.h"
#include "archive/weights_kind.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::archive {
namespace {

namespace fs = std::filesystem;
using test::require_error;
using test::TemporaryFolder;
using test::write;

constexpr ArchiveFormat kFormats[] = {ArchiveFormat::Default, ArchiveFormat::ZipStore, ArchiveFormat::Tgz,
                                      ArchiveFormat::NoArchive};

// A request for a small archive of ours in `folder`.
WriteRequest small_request(const TemporaryFolder& folder) {
  WriteRequest request;
  request.manifest.created_on = "25/11/2026 14:03:59";
  request.manifest.model_name = "animal";
  request.manifest.model_version = "1.0";
  request.manifest.serialized_file = "net.pt";
  request.manifest.handler = "image_classifier";
  request.members = {{"net.pt", write(folder / "weights", std::string(300'000, 'w')), ""},
                     {"index_to_name.json", {}, R"({"0": "cat", "1": "dog"})"},
                     {"sub/кот.txt", {}, "мяу"},
                     {"empty", {}, ""}};
  request.metadata = R"({"format": 1, "classes": ["CAT", "DOG"], "threshold": 0.5})";
  request.export_path = folder / "store";
  request.time = 1'764'079'439;
  return request;
}

// An Ed25519 key, or one of another kind, as PEM files.
struct Keys {
  fs::path private_key;
  fs::path public_key;
};

Keys make_keys(const TemporaryFolder& folder, const std::string& name, const char* kind = "ED25519") {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, kind),
                                                                EVP_PKEY_free);
  REQUIRE(key != nullptr);
  const auto text_of = [](auto&& put) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    REQUIRE(put(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  };
  const auto put_private = [&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  };
  const auto put_public = [&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); };
  return {write(folder / (name + ".pem"), text_of(put_private)), write(folder / (name + ".pub"), text_of(put_public))};
}

TEST_CASE("what is written in any format is read as it was", "[archive]") {
  for (const ArchiveFormat format : kFormats) {
    INFO(std::string(to_string(format)));
    const TemporaryFolder folder;
    WriteRequest request = small_request(folder);
    request.format = format;
    const WriteReport report = write_archive(request);
    CHECK(report.path == archive_path(request.export_path, "animal", format));
    const OpenArchive opened = OpenArchive::open(report.path);
    CHECK(opened.digest() == report.digest);
    CHECK(opened.manifest().archiver_version == kArchiverVersion);
    CHECK(opened.manifest().serialized_file == "net.pt");
    CHECK(opened.names() == std::vector<std::string>{"cat", "dog"});
    CHECK(opened.members().size() == 6);
    CHECK(read_text_file(opened.folder() / "sub/кот.txt") == "мяу");
    CHECK(read_text_file(opened.folder() / "net.pt") == std::string(300'000, 'w'));
    CHECK(read_text_file(opened.folder() / "empty").empty());
    CHECK(opened.metadata().at("members").size() == 5);
    CHECK_FALSE(opened.is_signed());
    // Nothing else is left behind.
    CHECK(std::distance(fs::directory_iterator(request.export_path), {}) == 1);
  }
}

TEST_CASE("the same request gives the same bytes", "[archive]") {
  for (const ArchiveFormat format : kFormats) {
    const TemporaryFolder folder;
    WriteRequest request = small_request(folder);
    request.format = format;
    const Digest first = write_archive(request).digest;
    request.force = true;
    CHECK(write_archive(request).digest == first);
  }
}

TEST_CASE("an archive without a description of ours is torch-model-archiver's", "[archive]") {
  const TemporaryFolder folder;
  WriteRequest request = small_request(folder);
  request.metadata = "";
  const OpenArchive opened = OpenArchive::open(write_archive(request).path);
  CHECK(opened.metadata().is_null());
  CHECK(opened.members().size() == 5);
  request.force = true;
  request.sign_key = make_keys(folder, "key").private_key;
  require_error(ErrorCode::InvalidArgument, "cannot be signed", [&] { write_archive(request); });
}

TEST_CASE("a signature holds for one key and every byte", "[archive]") {
  const TemporaryFolder folder;
  const Keys ours = make_keys(folder, "ours");
  const Keys theirs = make_keys(folder, "theirs");
  WriteRequest request = small_request(folder);
  request.format = ArchiveFormat::NoArchive;
  const fs::path unsigned_path = write_archive(request).path;
  require_error(ErrorCode::FailedPrecondition, "is not signed",
                [&] { OpenArchive::open(unsigned_path, {}, ours.public_key); });
  request.force = true;
  request.sign_key = ours.private_key;
  const fs::path path = write_archive(request).path;
  CHECK(OpenArchive::open(path, {}, ours.public_key).is_signed());
  CHECK(OpenArchive::open(path).is_signed());
  const auto refuse = [&](const fs::path& key) {
    require_error(ErrorCode::FailedPrecondition, "is not that of", [&] { OpenArchive::open(path, {}, key); });
  };
  refuse(theirs.public_key);
  const std::string signature = read_text_file(path / kSignatureName);
  CHECK(signature.size() == kSignatureBytes);
  write(path / kSignatureName, signature.substr(1));
  refuse(ours.public_key);
  write(path / kSignatureName, signature);
  const std::string metadata = read_text_file(path / kMetadataName);
  write(path / kMetadataName, metadata + " ");
  refuse(ours.public_key);
  write(path / kMetadataName, metadata);
  write(path / "empty", "x");
  require_error(ErrorCode::DataLoss, "it was changed", [&] { OpenArchive::open(path, {}, ours.public_key); });
}

TEST_CASE("a key file that holds no Ed25519 key is refused", "[archive]") {
  const TemporaryFolder folder;
  const Keys keys = make_keys(folder, "key");
  const Keys other = make_keys(folder, "other", "X25519");
  const fs::path noise = write(folder / "noise.pem", "-----BEGIN NOTHING-----\n");
  require_error(ErrorCode::NotFound, "none.pem", [&] { sign("x", folder / "none.pem"); });
  for (const fs::path& bad : {noise, keys.public_key, other.private_key}) {
    require_error(ErrorCode::FailedPrecondition, "openssl genpkey", [&] { sign("x", bad); });
  }
  for (const fs::path& bad : {noise, keys.private_key, other.public_key}) {
    require_error(ErrorCode::FailedPrecondition, "openssl pkey", [&] { verify("x", "", bad); });
  }
  CHECK(verify("x", sign("x", keys.private_key), keys.public_key));
  CHECK_FALSE(verify("y", sign("x", keys.private_key), keys.public_key));
}

TEST_CASE("what is there stays until it may be replaced", "[archive]") {
  const TemporaryFolder folder;
  WriteRequest request = small_request(folder);
  for (const ArchiveFormat format : kFormats) {
    if (format == ArchiveFormat::ZipStore) continue;  // the name of the first
    request.format = format;
    request.force = false;
    const fs::path path = write_archive(request).path;
    const Digest before = OpenArchive::open(path).digest();
    request.manifest.model_version = "2.0";
    require_error(ErrorCode::AlreadyExists, "--force", [&] { write_archive(request); });
    CHECK(OpenArchive::open(path).digest() == before);
    request.force = true;
    CHECK(write_archive(request).digest != before);
    CHECK(OpenArchive::open(path).manifest().model_version == "2.0");
    request.manifest.model_version = "1.0";
  }
}

TEST_CASE("only an archive of the same kind is replaced", "[archive]") {
  const TemporaryFolder folder;
  WriteRequest request = small_request(folder);
  request.force = true;
  fs::create_directories(folder / "store/animal.mar");
  require_error(ErrorCode::FailedPrecondition, "is a folder", [&] { write_archive(request); });
  request.format = ArchiveFormat::NoArchive;
  write(folder / "store/animal/photo.jpg", "x");
  require_error(ErrorCode::FailedPrecondition, "move it away", [&] { write_archive(request); });
  fs::remove_all(folder / "store/animal");
  write(folder / "store/animal", "x");
  require_error(ErrorCode::FailedPrecondition, "no model archive", [&] { write_archive(request); });
}

TEST_CASE("requests that no archive can come of are refused", "[archive]") {
  const TemporaryFolder folder;
  const auto refuse = [&](ErrorCode code, std::string_view part, auto&& change) {
    WriteRequest request = small_request(folder);
    change(request);
    require_error(code, part, [&] { write_archive(request); });
    CHECK_FALSE(fs::exists(folder / "store"));
  };
  const auto wrong = ErrorCode::InvalidArgument;
  refuse(wrong, "model name", [](WriteRequest& request) { request.manifest.model_name = "a/b"; });
  refuse(wrong, "model version", [](WriteRequest& request) { request.manifest.model_version = ""; });
  refuse(wrong, "there twice", [](WriteRequest& request) { request.members.push_back({"net.pt", {}, "x"}); });
  refuse(wrong, "\"..\"", [](WriteRequest& request) { request.members.push_back({"../x", {}, "x"}); });
  refuse(wrong, "archive's own", [](WriteRequest& request) { request.members.push_back({"MAR-INF/x", {}, "x"}); });
  refuse(wrong, "a file is needed", [&](WriteRequest& request) {
    request.members.push_back({"x", folder.path(), ""});
  });
  refuse(ErrorCode::NotFound, "none", [&](WriteRequest& request) {
    request.members.push_back({"x", folder / "none", ""});
  });
  refuse(ErrorCode::DataLoss, "\"classes\"", [](WriteRequest& request) { request.metadata = R"({"format": 1})"; });
}

TEST_CASE("a file that changes while it is packed is noticed", "[archive]") {
  const TemporaryFolder folder;
  const PackedMember packed = look_at({"a", write(folder / "a", "hello"), ""});
  std::string taken;
  const auto take = [&](std::span<const std::byte> block) { taken += as_text(block); };
  for_each_block(packed, take);
  CHECK(taken == "hello");
  for (const char* content : {"hallo", "hell", "hello, world"}) {
    write(folder / "a", content);
    require_error(ErrorCode::DataLoss, "changed while it was packed", [&] { for_each_block(packed, take); });
  }
}

TEST_CASE("an error of the disk comes through every packer", "[archive]") {
  const std::vector<PackedMember> members = {look_at({"a", {}, std::string(1'000'000, 'x')})};
  const ByteSink full = [](std::span<const std::byte>) {
    throw Error(ErrorCode::ResourceExhausted, "the disk is full");
  };
  require_error(ErrorCode::ResourceExhausted, "full", [&] { pack_zip(members, full); });
  require_error(ErrorCode::ResourceExhausted, "full", [&] { pack_tgz(members, "top", 0, full); });
  require_error(ErrorCode::ResourceExhausted, "full", [&] { pack_stored_zip(members, full); });
}

TEST_CASE("a stored zip beyond four gigabytes is refused before it is written", "[archive]") {
  PackedMember packed = look_at({"a", {}, "x"});
  packed.member.size = std::uint64_t{1} << 32;
  std::size_t written = 0;
  require_error(ErrorCode::ResourceExhausted, "--archive-format",
                [&] { pack_stored_zip({packed}, [&](std::span<const std::byte> bytes) { written += bytes.size(); }); });
  CHECK(written == 0);
}

TEST_CASE("formats have torch-model-archiver's names and endings", "[archive]") {
  for (const ArchiveFormat format : kFormats) CHECK(parse_archive_format(to_string(format)) == format);
  require_error(ErrorCode::InvalidArgument, "no-archive are", [] { parse_archive_format("rar"); });
  CHECK(archive_path("store", "a", ArchiveFormat::ZipStore) == "store/a.mar");
  CHECK(archive_path("store", "a", ArchiveFormat::Tgz) == "store/a.tar.gz");
  CHECK(archive_path("store", "a", ArchiveFormat::NoArchive) == "store/a");
  CHECK(created_on_text(1'764'079'439, true) == "25/11/2025 14:03:59");
}

TEST_CASE("TorchScript is told from checkpoints by its members", "[archive]") {
  const TemporaryFolder folder;
  const auto kind = [&](const std::vector<std::pair<std::string, std::string>>& members) {
    return kind_of_weights(write(folder / "w", test::make_deflated_zip(members)));
  };
  CHECK(kind({{"m/data.pkl", "x"}, {"m/version", "3"}}) == WeightsKind::Checkpoint);
  CHECK(kind({{"m/data.pkl", "x"}, {"m/constants.pkl", "x"}}) == WeightsKind::Script);
  CHECK(kind({{"m/code/a.py", "x"}, {"m/extra/animalctl.json", "x"}}) == WeightsKind::DescribedScript);
  CHECK(kind_of_weights(write(folder / "w", "noise")) == WeightsKind::Checkpoint);
  require_error(ErrorCode::NotFound, "none", [&] { kind_of_weights(folder / "none"); });
}

}  // namespace
}  // namespace animalctl::archive
