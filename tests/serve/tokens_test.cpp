#include "serve/tokens.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

using serve::Tokens;
using serve::TokenUse;

struct KeyFile {
  TemporaryFolder folder;
  std::chrono::system_clock::time_point now{std::chrono::seconds(1'700'000'000)};
  Tokens tokens{folder / "key_file.json", std::chrono::minutes(60), [this] { return now; }};

  std::string key(const char* name) const {
    return nlohmann::json::parse(read_text_file(folder / "key_file.json"))[name]["key"].get<std::string>();
  }
  bool accepts(TokenUse use, const std::string& header) const { return tokens.accepts(use, header); }
};

}  // namespace

TEST_CASE("keys are 256 random bits in a file that is its owner's alone", "[serve]") {
  const KeyFile file;
  struct stat status {};
  REQUIRE(::stat((file.folder / "key_file.json").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  CHECK(file.key("management").size() == 43);
  CHECK(file.key("inference") != file.key("management"));
  const nlohmann::json json = nlohmann::json::parse(read_text_file(file.folder / "key_file.json"));
  CHECK(json["inference"]["expiration time"] == "2023-11-14T23:13:20.000Z");
  CHECK_FALSE(json["API"].contains("expiration time"));
}

TEST_CASE("each key opens its own use, as a bearer, until it expires", "[serve]") {
  KeyFile file;
  const std::string inference = "Bearer " + file.key("inference");
  CHECK(file.accepts(TokenUse::Inference, inference));
  CHECK(file.accepts(TokenUse::Inference, "bearer  " + file.key("inference")));
  CHECK_FALSE(file.accepts(TokenUse::Management, inference));
  CHECK_FALSE(file.accepts(TokenUse::Api, inference));
  for (const std::string wrong : {"", "Bearer", "Bearer ", "Basic x", "Bearerx", "Bearer a b"}) {
    CHECK_FALSE(file.accepts(TokenUse::Inference, wrong));
  }
  CHECK_FALSE(file.accepts(TokenUse::Inference, inference + "A"));
  CHECK_FALSE(file.tokens.accepts(TokenUse::Inference, std::nullopt));
  file.now += std::chrono::minutes(60);
  CHECK_FALSE(file.accepts(TokenUse::Inference, inference));
  CHECK(file.accepts(TokenUse::Api, "Bearer " + file.key("API")));
}

TEST_CASE("a rotated key ends the one before and leaves the others", "[serve]") {
  KeyFile file;
  const std::string before = file.key("management");
  const std::string other = file.key("inference");
  file.tokens.rotate(TokenUse::Management);
  CHECK(file.key("management") != before);
  CHECK(file.key("inference") == other);
  CHECK_FALSE(file.accepts(TokenUse::Management, "Bearer " + before));
  CHECK(file.accepts(TokenUse::Management, "Bearer " + file.key("management")));
}

}  // namespace animalctl::test
