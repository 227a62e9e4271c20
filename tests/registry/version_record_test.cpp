#include "animalctl/registry/version_record.h"

#include <string>

#include "registry/sample_version.h"
#include "support/catch_compat.h"

namespace animalctl::registry {
namespace {

using test::contains;
using test::require_error;

VersionRecord whole_record() {
  VersionRecord record = sample_record();
  record.model = "animal";
  record.version = 3;
  record.created = "2026-11-26T03:00:00.000Z";
  record.parent = 2;
  record.files = {{"checkpoint", "checkpoint.pth", 18, sha256(std::string_view("weights"))}};
  return record;
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = to_json(whole_record());
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

TEST_CASE("a version's record reads back as it was written", "[registry]") {
  const std::string text = to_json(whole_record());
  const VersionRecord read = parse_version_record(text, "version.json");
  CHECK(to_json(read) == text);
  CHECK(read.parent == 2);
  CHECK(read.metrics.at(0).low == 0.92);
  CHECK_FALSE(read.metrics.at(1).high);
  CHECK(read.gates.at(0).verdict == "inconclusive");
  REQUIRE(read.file("checkpoint") != nullptr);
  CHECK(read.file("checkpoint")->bytes == 18);
  CHECK(read.file("archive") == nullptr);
  // A record that says the least.
  VersionRecord bare;
  bare.model = "m";
  bare.version = 1;
  bare.created = "2026-11-26T03:00:00Z";
  CHECK(to_json(parse_version_record(to_json(bare), "version.json")) == to_json(bare));
}

TEST_CASE("a garbled record is refused with the file and the key", "[registry]") {
  const auto refuse = [](ErrorCode code, const char* words, const std::string& text) {
    require_error(code, words, [&] { parse_version_record(text, "version.json"); });
    require_error(code, "version.json", [&] { parse_version_record(text, "version.json"); });
  };
  refuse(ErrorCode::DataLoss, "is not JSON", "{");
  refuse(ErrorCode::DataLoss, "no JSON object", "[1]");
  refuse(ErrorCode::DataLoss, "no UTF-8", "{\"model\": \"\xff\"}");
  refuse(ErrorCode::DataLoss, "\"format\" is missing", "{}");
  refuse(ErrorCode::Unimplemented, "newer", changed("\"format\": 1", "\"format\": 2"));
  refuse(ErrorCode::DataLoss, "\"version\" is 3.5", changed("\"version\": 3", "\"version\": 3.5"));
  refuse(ErrorCode::DataLoss, "\"version\" is -3", changed("\"version\": 3", "\"version\": -3"));
  refuse(ErrorCode::DataLoss, "0 is no version", changed("\"version\": 3", "\"version\": 0"));
  refuse(ErrorCode::DataLoss, "which it cannot be", changed("\"version\": 3", "\"version\": 5000000000"));
  refuse(ErrorCode::DataLoss, "no name of a model", changed("\"animal\"", "\"../animal\""));
  refuse(ErrorCode::DataLoss, "no time", changed("2026-11-26T", "2026-13-26T"));
  refuse(ErrorCode::DataLoss, "cannot be one of the version", changed("checkpoint.pth", "../checkpoint.pth"));
  refuse(ErrorCode::DataLoss, "cannot be one of the version", changed("\"sha256\": \"", "\"sha256\": \"x"));
  refuse(ErrorCode::DataLoss, "an interval has two ends", changed("0.92,", ""));
  refuse(ErrorCode::DataLoss, "\"gates\" is no list", changed("\"gates\": [", "\"gates\": 1, \"x\": ["));
}

TEST_CASE("a name of a model can be a folder's and nothing else", "[registry]") {
  for (const char* name : {"animal", "cats-and.dogs_2", "A"}) CHECK_NOTHROW(require_registry_name(name));
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "a b", "caf\xc3\xa9"}) {
    require_error(ErrorCode::InvalidArgument, "cannot name a model", [&] { require_registry_name(name); });
  }
  require_error(ErrorCode::InvalidArgument, "128", [] { require_registry_name(std::string(129, 'a')); });
}

TEST_CASE("the model card says where a version comes from and what was found out", "[registry]") {
  const std::string card = model_card(whole_record());
  for (const char* part :
       {"# animal version 3", "Intended use", "CAT, DOG", "0.9531 (95 % interval 0.9200 to 0.9700)",
        "| training images | 800 |", "new labels: 120 of 100", "The gate champion said inconclusive",
        "no difference shown", "| seed | 7 |", "| libtorch | 1.13.0 |", "checkpoint.pth", "| parent | version 2 |"}) {
    INFO(part);
    CHECK(contains(card, part));
  }
  CHECK(contains(card, R"(4 against 2 \| no difference)"));
  VersionRecord bare;
  bare.model = "m";
  bare.version = 1;
  CHECK(contains(model_card(bare), "Nothing was measured."));
  CHECK(contains(model_card(bare), "What it was trained on is not known."));
}

}  // namespace
}  // namespace animalctl::registry
