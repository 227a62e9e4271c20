// Zips that torch.save would not write.
#include <string>

#include "checkpoint/crafted_file.h"
#include "checkpoint/zip_reader.h"
#include "checkpoint/zip_writer.h"
#include "support/catch_compat.h"

namespace animalctl::checkpoint {
namespace {

using test::make_checkpoint;
using test::make_zip;
using test::parse;
using test::require_error;

void replace_everywhere(Bytes& file, std::string_view from, std::string_view to) {
  REQUIRE(from.size() == to.size());
  std::string text(as_text(file));
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
  }
  const auto bytes = as_byte_span(text);
  file.assign(bytes.begin(), bytes.end());
}

void require_refused(ErrorCode code, std::string_view part, const Bytes& file, const ReadLimits& limits = {}) {
  require_error(code, part, [&] { parse(file, limits); });
  require_error(code, "cannot read bad.pth", [&] { parse(file, limits); });
}

TEST_CASE("A zip that is no checkpoint is refused") {
  require_refused(ErrorCode::DataLoss, "a zip without data.pkl", make_zip({{"a/hello.txt", "x"}}));
  require_refused(ErrorCode::DataLoss, "data.pkl is in no folder", make_zip({{"data.pkl", "N."}}));
  require_refused(ErrorCode::DataLoss, "in two folders, a and b", make_zip({{"a/data.pkl", "N."}, {"b/data/0", ""}}));
  require_refused(ErrorCode::DataLoss, "the member data.pkl twice",
                  make_zip({{"a/data.pkl", "N."}, {"a/data.pkl", "N."}}));
  require_refused(ErrorCode::Unimplemented, "TorchScript", make_zip({{"a/data.pkl", "N."}, {"a/constants.pkl", "N."}}));
  require_refused(ErrorCode::Unimplemented, "TorchScript", make_zip({{"a/data.pkl", "N."}, {"a/code/x.py", ""}}));
}

TEST_CASE("Member names that lead elsewhere are refused") {
  for (const char* name : {"../x/aaaa", "a/../../x", "/aaa/bbbb"}) {
    Bytes file = make_zip({{"aaaaaaaaa", "x"}, {"a/data.pkl", "N."}});
    replace_everywhere(file, "aaaaaaaaa", name);
    require_refused(ErrorCode::DataLoss, "impossible name", file);
  }
}

TEST_CASE("The byte order of the machine that wrote the file must be little-endian") {
  CHECK(parse(make_zip({{"a/data.pkl", "N."}, {"a/byteorder", "little"}})).is_none());
  require_refused(ErrorCode::Unimplemented, "big-endian", make_zip({{"a/data.pkl", "N."}, {"a/byteorder", "big"}}));
  require_refused(ErrorCode::DataLoss, "byteorder", make_zip({{"a/data.pkl", "N."}, {"a/byteorder", "odd"}}));
}

TEST_CASE("Sizes of files and members are limited before memory is taken") {
  const Bytes file = make_checkpoint("N.", {std::string(1000, 'x')});
  ReadLimits limits;
  limits.max_file_bytes = 10;
  require_refused(ErrorCode::ResourceExhausted, "the limit is 10", file, limits);
  limits = {};
  limits.max_members = 2;
  require_refused(ErrorCode::ResourceExhausted, "over 2 members", file, limits);
  limits = {};
  limits.max_member_bytes = 999;
  require_refused(ErrorCode::ResourceExhausted, "the member data/0 has 1000 bytes, the limit is 999", file, limits);
  limits = {};
  limits.max_pickle_bytes = 1;
  require_refused(ErrorCode::ResourceExhausted, "the member data.pkl has 2 bytes", file, limits);
  limits = {};
  limits.max_total_bytes = 1001;
  require_refused(ErrorCode::ResourceExhausted, "its members would take more than 1001 bytes", file, limits);
  limits = {};
  limits.free_bytes = 0;
  limits.max_expansion = 0;
  require_refused(ErrorCode::ResourceExhausted, "its members would take more than 0 bytes", file, limits);
}

TEST_CASE("A member whose header lies about its size is refused") {
  Bytes file = make_checkpoint("N.", {"0123456789"});
  // The central directory entry of data/0: compressed and uncompressed size lie 20 and 24 bytes into it.
  const std::string_view text = as_text(file);
  std::size_t at = text.find("PK\x01\x02");
  while (text.substr(at + 46, 14) != "archive/data/0") at = text.find("PK\x01\x02", at + 1);
  for (const std::size_t field : {at + 20, at + 24}) {
    Bytes changed = file;
    changed[field] = std::byte{9};
    // What is said depends on libarchive: 3.6 finds the contradiction itself, later versions give us the bytes.
    require_refused(ErrorCode::DataLoss, "cannot read bad.pth: ", changed);
  }
}

TEST_CASE("Folders in the zip are passed over and symbolic links refused") {
  CHECK(parse(make_zip({{"a/data/", ""}, {"a/data.pkl", "N."}})).is_none());
  Bytes file = make_checkpoint("N.");
  const std::string_view text = as_text(file);
  // External attributes: the upper half is the Unix mode. 0120777 is a symbolic link.
  const std::size_t at = text.find("PK\x01\x02");
  file[at + 40] = std::byte{0xFF};
  file[at + 41] = std::byte{0xA1};
  require_refused(ErrorCode::DataLoss, "bad.pth", file);
}

TEST_CASE("Encrypted members and members of rare compression methods are refused") {
  const Bytes file = make_checkpoint("N.");
  const std::size_t local = as_text(file).find("PK\x03\x04");
  const std::size_t central = as_text(file).find("PK\x01\x02");
  Bytes encrypted = file;
  encrypted[local + 6] |= std::byte{1};
  encrypted[central + 8] |= std::byte{1};
  require_refused(ErrorCode::Unimplemented, "it is encrypted", encrypted);
  Bytes bzip2 = file;
  bzip2[local + 8] = std::byte{12};
  bzip2[central + 10] = std::byte{12};
  require_refused(ErrorCode::Unimplemented, "stored and deflated ones are read", bzip2);
}

TEST_CASE("A zip whose list of members is gone is refused") {
  Bytes file = make_checkpoint("N.");
  replace_everywhere(file, "PK\x01\x02", "PKxx");
  require_refused(ErrorCode::DataLoss, "bad.pth", file);
  const std::string_view end("PK\x05\x06 and then nothing");
  const auto bytes = as_byte_span(end);
  require_refused(ErrorCode::DataLoss, "cannot be opened as a zip", Bytes(bytes.begin(), bytes.end()));
}

TEST_CASE("A failure of whoever takes the bytes of a zip is passed on") {
  require_error(ErrorCode::ResourceExhausted, "disk full", [] {
    ZipWriter zip([](std::span<const std::byte>) { throw Error(ErrorCode::ResourceExhausted, "disk full"); });
    zip.add("a/data.pkl", as_byte_span("N."));
    zip.finish();
  });
  require_error(ErrorCode::ResourceExhausted, "late", [] {
    std::size_t calls = 0;
    ZipWriter zip([&](std::span<const std::byte>) {
      if (++calls > 2) throw Error(ErrorCode::ResourceExhausted, "late");
    });
    zip.add("a/data.pkl", as_byte_span("N."));
    zip.finish();
  });
}

}  // namespace
}  // namespace animalctl::checkpoint
