// Archives that would hurt: each is refused, and nothing appears outside the scratch folder.
#include <sys/stat.h>

#include <filesystem>

#include "animalctl/archive/model_archive.h"
#include "archive/archive_names.h"
#include "archive/crafted_archive.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::archive {
namespace {

namespace fs = std::filesystem;
using test::make_plain_zip;
using test::require_error;
using test::small_manifest;
using test::TarKind;
using test::TemporaryFolder;
using test::write;
using test::ZipEntry;

const ZipEntry kManifest = {kManifestName, small_manifest()};

// Opens the bytes as an archive, which must be refused; afterwards only the archive itself may be in the folder.
void refuse_file(std::string_view content, ErrorCode code, std::string_view part, const ArchiveLimits& limits = {}) {
  const TemporaryFolder folder;
  const fs::path scratch = folder / "deep/scratch";
  fs::create_directories(scratch);
  const fs::path file = write(folder / "a.mar", content);
  require_error(code, part, [&] { OpenArchive::open(file, limits, {}, scratch); });
  CHECK(fs::is_empty(scratch));
  const auto entries = std::distance(fs::recursive_directory_iterator(folder.path()), {});
  CHECK(entries == 3);
}

void refuse_name(const std::string& name, std::string_view part) {
  INFO(name);
  refuse_file(make_plain_zip({kManifest, {name, "x"}}), ErrorCode::DataLoss, part);
}

TEST_CASE("members that would land outside the target are refused", "[archive]") {
  refuse_name("../evil", "\"..\"");
  refuse_name("a/../../evil", "\"..\"");
  refuse_name("/tmp/evil", "absolute");
  refuse_name("a//b", "empty part");
  refuse_name("a/./b", "empty part");
  refuse_name("..", "\"..\"");
  refuse_name("..\\evil", "backslash");
  refuse_name("C:\\evil", "backslash");
  refuse_name("a\nb", "control character");
  refuse_name(std::string("a\0b", 3), "NUL");
  refuse_name(std::string(256, 'a'), "over 255 bytes");
  refuse_name(std::string(16, '/').replace(0, 0, "a"), "empty part");
  std::string deep = "a";
  for (int i = 0; i < 16; ++i) deep += "/a";
  refuse_name(deep, "over 16 folders deep");
  std::string lengthy;
  for (int i = 0; i < 6; ++i) lengthy += std::string(200, 'a') + "/";
  refuse_name(lengthy + "a", "over 1024 bytes");
}

TEST_CASE("names that are no UTF-8 or empty are refused", "[archive]") {
  MemberNames names("a");
  require_error(ErrorCode::DataLoss, "not UTF-8", [&] { names.accept("a\xff", false); });
  require_error(ErrorCode::DataLoss, "no name", [&] { names.accept("", false); });
  require_error(ErrorCode::DataLoss, "no name", [&] { names.accept("./", false); });
  CHECK(names.accept("./", true).empty());
  CHECK(names.accept(".", true).empty());
  CHECK(names.accept("кошка/a b.txt", false) == "кошка/a b.txt");
}

TEST_CASE("a name that comes twice is refused", "[archive]") {
  refuse_file(make_plain_zip({kManifest, {"a", "x"}, {"a", "y"}}), ErrorCode::DataLoss, "there twice");
  refuse_file(make_plain_zip({kManifest, {"a", "x"}, {"./a", "y"}}), ErrorCode::DataLoss, "there twice");
  refuse_file(make_plain_zip({kManifest, {"a", "x"}, {"a/b", "y"}}), ErrorCode::DataLoss, "\"a\" is a file already");
  refuse_file(make_plain_zip({kManifest, {"a/b", "x"}, {"a", "y"}}), ErrorCode::DataLoss, "a folder has the same");
  refuse_file(make_plain_zip({kManifest, {"a", "x"}, {"a/", "", 040755}}), ErrorCode::DataLoss, "a file has the same");
}

TEST_CASE("links and special files are refused", "[archive]") {
  refuse_file(make_plain_zip({kManifest, {"a", "/etc/passwd", 0120777}}), ErrorCode::DataLoss, "a link, device");
  const auto refuse_tar = [](TarKind kind, const std::string& content) {
    refuse_file(test::make_tgz({{kManifestName, small_manifest()}, {"a", content, kind}}), ErrorCode::DataLoss,
                "a link, device");
  };
  refuse_tar(TarKind::SymbolicLink, "/etc");
  refuse_tar(TarKind::HardLink, kManifestName);
  refuse_tar(TarKind::Fifo, "");
  refuse_tar(TarKind::Device, "");
}

TEST_CASE("a folder with a link or a pipe in it is refused", "[archive]") {
  const TemporaryFolder folder;
  write(folder / "a/MAR-INF/MANIFEST.json", small_manifest());
  fs::create_symlink("/etc/passwd", folder / "a/link");
  require_error(ErrorCode::DataLoss, "\"link\" is refused", [&] { OpenArchive::open(folder / "a"); });
  fs::remove(folder / "a/link");
  REQUIRE(::mkfifo((folder / "a/pipe").c_str(), 0600) == 0);
  require_error(ErrorCode::DataLoss, "\"pipe\" is refused", [&] { OpenArchive::open(folder / "a"); });
}

TEST_CASE("what is no archive at all is refused", "[archive]") {
  const TemporaryFolder folder;
  require_error(ErrorCode::NotFound, "there is no model archive", [&] { OpenArchive::open(folder / "none.mar"); });
  REQUIRE(::mkfifo((folder / "pipe.mar").c_str(), 0600) == 0);
  require_error(ErrorCode::DataLoss, "neither a file nor a folder", [&] { OpenArchive::open(folder / "pipe.mar"); });
  fs::create_directory(folder / "empty");
  require_error(ErrorCode::DataLoss, "has no MAR-INF/MANIFEST.json", [&] { OpenArchive::open(folder / "empty"); });
  refuse_file("", ErrorCode::DataLoss, "neither a zip");
  refuse_file("hello, world", ErrorCode::DataLoss, "neither a zip");
  refuse_file("\x1f\x8bxxxxxxxxxxxxxxxx", ErrorCode::DataLoss, "is damaged");
  refuse_file(make_plain_zip({}), ErrorCode::DataLoss, "is damaged");
  refuse_file(make_plain_zip({{"a/b/MAR-INF/MANIFEST.json", small_manifest()}}), ErrorCode::DataLoss,
              "has no MAR-INF/MANIFEST.json");
  refuse_file(make_plain_zip({{kManifestName, small_manifest("net.pt")}}), ErrorCode::DataLoss,
              "the file \"net.pt\" that its manifest names");
}

TEST_CASE("a damaged zip is refused", "[archive]") {
  const std::string good = make_plain_zip({kManifest, {"a", std::string(100, 'x')}}, "a comment");
  refuse_file(good.substr(0, good.size() / 2), ErrorCode::DataLoss, "its list of members is missing");
  refuse_file(good.substr(0, 10), ErrorCode::DataLoss, "ends too early");
  std::string moved = good;
  moved[moved.size() - 9 - 22 + 16] = 1;
  refuse_file(moved, ErrorCode::DataLoss, "not where it should be");
  refuse_file(make_plain_zip({kManifest, {"a", "x", 0100644, 0, 0x0800, 1}}), ErrorCode::DataLoss,
              "cannot be unpacked");
  refuse_file(make_plain_zip({kManifest, {"a", "x", 0100644, 12}}), ErrorCode::Unimplemented, "stored and deflated");
  refuse_file(make_plain_zip({kManifest, {"a", "xxxxxxxxxxxxxxxx", 0100644, 0, 0x0801}}), ErrorCode::Unimplemented,
              "encrypted");
}

TEST_CASE("a zip whose list of members lies is refused", "[archive]") {
  const std::string good = make_plain_zip({kManifest, {"a", "xyz"}, {"b", "xyz"}});
  const std::size_t end = good.size() - 22;
  const std::size_t last = good.rfind("PK\x01\x02");
  const std::size_t before = good.rfind("PK\x01\x02", last - 1);
  std::string shared = good;
  shared.replace(last + 42, 4, good.substr(before + 42, 4));
  refuse_file(shared, ErrorCode::DataLoss, "lies where another lies");
  std::string broken = good;
  broken[last] = 'X';
  refuse_file(broken, ErrorCode::DataLoss, "its list of members cannot be read");
  std::string longer = good;
  longer[last + 28] = 9;
  refuse_file(longer, ErrorCode::DataLoss, "its list of members cannot be read");
  std::string fewer = good;
  fewer[end + 8] = fewer[end + 10] = 2;
  refuse_file(fewer, ErrorCode::DataLoss, "longer than it says");
  std::string parts = good;
  parts[end + 4] = 1;
  refuse_file(parts, ErrorCode::Unimplemented, "in several");
  std::string zip64 = good;
  zip64.replace(end + 16, 4, "\xff\xff\xff\xff");
  refuse_file(zip64, ErrorCode::Unimplemented, "zip64");
}

TEST_CASE("a damaged tgz is refused", "[archive]") {
  const std::string good = test::make_tgz({{kManifestName, small_manifest()}, {"a", std::string(100'000, 'x')}});
  refuse_file(good.substr(0, good.size() / 2), ErrorCode::DataLoss, "is damaged");
}

TEST_CASE("limits are counted while unpacking", "[archive]") {
  ArchiveLimits limits;
  limits.max_files = 2;
  const auto over = ErrorCode::ResourceExhausted;
  refuse_file(make_plain_zip({kManifest, {"a", "x"}, {"b", "x"}}), over, "it has over 2 members", limits);
  limits = {};
  limits.max_archive_bytes = 100;
  refuse_file(make_plain_zip({kManifest}), over, "accepted are 100", limits);
  limits = {};
  limits.max_unpacked_bytes = 1000;
  refuse_file(make_plain_zip({kManifest, {"a", std::string(1000, 'x')}}), over, "unpacks to over 1000", limits);
  refuse_file(test::make_tgz({{kManifestName, small_manifest()}, {"a", std::string(1000, 'x')}}), over,
              "unpacks to over 1000", limits);
  // Eight million zeros deflate a thousandfold.
  const std::string zeros(std::size_t{8} << 20, '\0');
  refuse_file(test::make_deflated_zip({{kManifestName, small_manifest()}, {"a", zeros}}), over, "over 200 times");
  refuse_file(test::make_tgz({{kManifestName, small_manifest()}, {"a", zeros}}), over, "over 200 times");
}

TEST_CASE("the limits hold for folders too", "[archive]") {
  const TemporaryFolder folder;
  write(folder / "a/MAR-INF/MANIFEST.json", small_manifest());
  write(folder / "a/big", std::string(1000, 'x'));
  ArchiveLimits limits;
  limits.max_files = 2;
  require_error(ErrorCode::ResourceExhausted, "over 2 members", [&] { OpenArchive::open(folder / "a", limits); });
  limits = {};
  limits.max_unpacked_bytes = 1000;
  require_error(ErrorCode::ResourceExhausted, "its files have over", [&] { OpenArchive::open(folder / "a", limits); });
}

}  // namespace
}  // namespace animalctl::archive
