#include <filesystem>

#include <nlohmann/json.hpp>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/file.h"
#include "archive/archive_names.h"
#include "archive/crafted_archive.h"
#include "archive/metadata.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::archive {
namespace {

namespace fs = std::filesystem;
using test::require_error;
using test::small_manifest;
using test::TemporaryFolder;
using test::write;

// What a small archive of others holds.
std::vector<std::pair<std::string, std::string>> small_members() {
  return {{"net.pt", std::string(5000, 'w')},
          {"index_to_name.json", R"({"0": "cat", "1": "dog"})"},
          {"sub/notes.txt", "héllo"},
          {"MAR-INF/MANIFEST.json", small_manifest("net.pt")}};
}

void require_small_archive(const OpenArchive& opened) {
  CHECK(opened.manifest().model_name == "animal");
  CHECK(opened.manifest().model_version == "1.0");
  CHECK(opened.manifest().serialized_file == "net.pt");
  CHECK(opened.metadata().is_null());
  CHECK(opened.names() == std::vector<std::string>{"cat", "dog"});
  CHECK_FALSE(opened.is_signed());
  REQUIRE(opened.members().size() == 4);
  for (const Member& member : opened.members()) {
    const std::string content = read_text_file(opened.folder() / member.name);
    CHECK(member.size == content.size());
    CHECK(member.sha256 == sha256(content));
  }
  CHECK(read_text_file(opened.folder() / "sub/notes.txt") == "héllo");
}

TEST_CASE("a deflated zip, a stored zip, a tgz and a folder are the same archive", "[archive]") {
  const TemporaryFolder folder;
  std::vector<test::ZipEntry> stored;
  std::vector<test::TarEntry> plain;
  std::vector<test::TarEntry> below = {{"animal", "", test::TarKind::Folder}};
  std::vector<test::TarEntry> dotted = {{"./", "", test::TarKind::Folder}};
  for (const auto& [name, content] : small_members()) {
    stored.push_back({name, content});
    plain.push_back({name, content});
    below.push_back({"animal/" + name, content});
    dotted.push_back({"./" + name, content});
    write(folder / "unpacked" / name, content);
  }
  stored.push_back({"sub/", "", 040755});
  require_small_archive(OpenArchive::open(write(folder / "a.mar", test::make_deflated_zip(small_members()))));
  require_small_archive(OpenArchive::open(write(folder / "b.mar", test::make_plain_zip(stored))));
  require_small_archive(OpenArchive::open(write(folder / "a.tgz", test::make_tgz(plain))));
  require_small_archive(OpenArchive::open(write(folder / "b.tgz", test::make_tgz(below))));
  require_small_archive(OpenArchive::open(write(folder / "c.tgz", test::make_tgz(dotted))));
  require_small_archive(OpenArchive::open(folder / "unpacked"));
}

TEST_CASE("an archive unpacks below the scratch folder and leaves nothing there", "[archive]") {
  const TemporaryFolder folder;
  const fs::path scratch = folder / "scratch";
  const fs::path file = write(folder / "a.mar", test::make_deflated_zip(small_members()));
  {
    OpenArchive opened = OpenArchive::open(file, {}, {}, scratch);
    CHECK(opened.folder().parent_path() == scratch);
    CHECK(opened.digest() == sha256(read_file(file)));
    CHECK((fs::status(opened.folder()).permissions() & fs::perms(077)) == fs::perms::none);
    const OpenArchive moved = std::move(opened);
    CHECK(fs::exists(moved.folder() / "net.pt"));
  }
  CHECK(fs::is_empty(scratch));
  const fs::path bad = write(folder / "bad.mar", test::make_plain_zip({{"x.txt", "x"}}));
  CHECK_THROWS(OpenArchive::open(bad, {}, {}, scratch));
  CHECK(fs::is_empty(scratch));
}

TEST_CASE("the digest of a folder stands for names and contents", "[archive]") {
  const TemporaryFolder folder;
  for (const auto& [name, content] : small_members()) write(folder / "a" / name, content);
  fs::copy(folder / "a", folder / "b", fs::copy_options::recursive);
  const Digest first = OpenArchive::open(folder / "a").digest();
  CHECK(OpenArchive::open(folder / "b").digest() == first);
  write(folder / "b/sub/notes.txt", "hello");
  CHECK(OpenArchive::open(folder / "b").digest() != first);
}

// An archive of ours: the metadata lists every other member.
std::vector<test::ZipEntry> own_members(const std::string& extra_keys = "") {
  std::vector<test::ZipEntry> entries;
  std::vector<Member> listed;
  for (const auto& [name, content] : small_members()) {
    entries.push_back({name, content});
    listed.push_back({name, content.size(), sha256(content)});
  }
  const std::string metadata = R"({"format": 1, "classes": ["CAT", "DOG"], )" + extra_keys + R"("threshold": 0.25, )" +
                               "\"members\": " + members_json(listed).dump() + "}";
  entries.push_back({kMetadataName, metadata});
  return entries;
}

TEST_CASE("an archive of ours says what its classes and its threshold are", "[archive]") {
  const TemporaryFolder folder;
  const OpenArchive opened = OpenArchive::open(write(folder / "a.mar", test::make_plain_zip(own_members())));
  CHECK(opened.metadata().at("threshold") == 0.25);
  CHECK(opened.names() == std::vector<std::string>{"cat", "dog"});
}

TEST_CASE("a member of ours that was changed, added or taken away is found", "[archive]") {
  const TemporaryFolder folder;
  const auto refuse = [&](std::vector<test::ZipEntry> entries, std::string_view part) {
    const fs::path file = write(folder / "a.mar", test::make_plain_zip(entries));
    require_error(ErrorCode::DataLoss, part, [&] { OpenArchive::open(file); });
  };
  std::vector<test::ZipEntry> changed = own_members();
  changed[2].content = "hallo";
  refuse(changed, "\"sub/notes.txt\" has 5 bytes");
  std::vector<test::ZipEntry> added = own_members();
  added.push_back({"more.txt", "x"});
  refuse(added, "\"more.txt\" is not in the archive's list");
  std::vector<test::ZipEntry> taken = own_members();
  taken.erase(taken.begin() + 2);
  refuse(taken, "\"sub/notes.txt\" of its list is missing");
}

TEST_CASE("metadata that is damaged or newer is refused", "[archive]") {
  const auto refuse = [](std::string_view text, std::string_view part) {
    require_error(ErrorCode::DataLoss, part, [&] { parse_metadata(text, "m"); });
  };
  refuse("[]", "no JSON object");
  refuse("{}", "\"format\" is missing");
  refuse(R"({"format": 2})", "format 2 is not known");
  refuse(R"({"format": 1, "format": 1})", "twice");
  refuse(R"({"format": 1})", "\"classes\"");
  refuse(R"({"format": 1, "classes": [1]})", "\"classes\"");
  refuse(R"({"format": 1, "classes": ["A"], "threshold": 2})", "\"threshold\"");
  refuse(R"({"format": 1, "classes": ["A"]})", "\"members\" is missing");
  for (const char* member : {"1", "{}", R"({"bytes": 1, "sha256": "12"})", R"({"bytes": -1, "sha256": ""})"}) {
    refuse(R"({"format": 1, "classes": ["A"], "members": {"x": )" + std::string(member) + "}}", "of \"x\" is missing");
  }
}

}  // namespace
}  // namespace animalctl::archive
