#include "archive/manifest.h"

#include "archive/archive_names.h"
#include "archive/crafted_archive.h"
#include "archive/metadata.h"
#include "support/catch_compat.h"

namespace animalctl::archive {
namespace {

using test::require_error;
using test::small_manifest;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

TEST_CASE("a manifest is read and written as torch-model-archiver has it", "[archive]") {
  Manifest manifest;
  manifest.created_on = "25/11/2026 14:03:59";
  manifest.model_name = "animal";
  manifest.model_version = "1.0";
  manifest.serialized_file = "base_model.pt";
  manifest.handler = "image_classifier";
  manifest.archiver_version = "0.12.0";
  const std::string text = manifest_text(manifest);
  CHECK(text ==
        "{\n  \"createdOn\": \"25/11/2026 14:03:59\",\n  \"runtime\": \"python\",\n  \"model\": {\n    \"modelName\": "
        "\"animal\",\n    \"serializedFile\": \"base_model.pt\",\n    \"handler\": \"image_classifier\",\n    "
        "\"modelVersion\": \"1.0\"\n  },\n  \"archiverVersion\": \"0.12.0\"\n}");
  const Manifest again = parse_manifest(text, "m");
  CHECK(again.model_name == "animal");
  CHECK(again.serialized_file == "base_model.pt");
  CHECK(again.created_on == manifest.created_on);
  CHECK(again.runtime == "python");
  CHECK(again.archiver_version == "0.12.0");
}

TEST_CASE("every optional key of a manifest survives writing and reading", "[archive]") {
  Manifest manifest = parse_manifest(small_manifest(), "m");
  CHECK(manifest.serialized_file.empty());
  manifest.model_file = "net.py";
  manifest.config_file = "config.yaml";
  manifest.requirements_file = "requirements.txt";
  manifest.extensions = {"a", "b"};
  const Manifest again = parse_manifest(manifest_text(manifest), "m");
  CHECK(again.model_file == "net.py");
  CHECK(again.config_file == "config.yaml");
  CHECK(again.requirements_file == "requirements.txt");
  CHECK(again.extensions == manifest.extensions);
}

TEST_CASE("a version that is a number is taken as it is written", "[archive]") {
  CHECK(parse_manifest(replaced(small_manifest(), "\"1.0\"", "2"), "m").model_version == "2");
}

TEST_CASE("a manifest without a required key is refused by the key's name", "[archive]") {
  for (const char* key : {"modelName", "modelVersion", "runtime", "model"}) {
    const std::string text = replaced(small_manifest(), "\"" + std::string(key) + "\"", "\"other\"");
    require_error(ErrorCode::DataLoss, "\"" + std::string(key) + "\" is missing", [&] { parse_manifest(text, "m"); });
  }
}

TEST_CASE("a manifest that is something else is refused", "[archive]") {
  require_error(ErrorCode::DataLoss, "m is no JSON object", [] { parse_manifest("[1]", "m"); });
  require_error(ErrorCode::DataLoss, "m is not JSON", [] { parse_manifest("{", "m"); });
  require_error(ErrorCode::DataLoss, "\"handler\" is no text",
                [] { parse_manifest(replaced(small_manifest(), "\"image_classifier\"", "[]"), "m"); });
  require_error(ErrorCode::DataLoss, "\"extensions\"", [] {
    parse_manifest(replaced(small_manifest(), "\"handler\"", "\"extensions\": [1], \"handler\""), "m");
  });
}

TEST_CASE("names and versions of models follow TorchServe's rule", "[archive]") {
  for (const char* name : {"a", "animal", "Animal-2.1_x", "0"}) CHECK(is_model_name(name));
  for (const char* name : {"", ".a", "-a", "_a", "a/b", "a b", "é", "a+b"}) CHECK_FALSE(is_model_name(name));
  CHECK_FALSE(is_model_name(std::string(256, 'a')));
  CHECK(is_model_version("1.0+cpu"));
  CHECK_FALSE(is_model_version("1/0"));
  require_error(ErrorCode::InvalidArgument, "the model name \"../x\"",
                [] { parse_manifest(replaced(small_manifest(), "\"animal\"", "\"../x\""), "m"); });
  require_error(ErrorCode::InvalidArgument, "the model version \"1/2\"",
                [] { parse_manifest(replaced(small_manifest(), "\"1.0\"", "\"1/2\""), "m"); });
}

TEST_CASE("labels come in the order of their numbers", "[archive]") {
  CHECK(parse_labels(R"({"1": "dog", "0": "cat"})", "l") == std::vector<std::string>{"cat", "dog"});
  CHECK(parse_labels(R"({"0": ["n1", "tench"], "1": "goldfish"})", "l") ==
        std::vector<std::string>{"tench", "goldfish"});
  CHECK(parse_labels(R"({"object_type_names": ["a", "b"]})", "l") == std::vector<std::string>{"a", "b"});
  CHECK(parse_labels("{}", "l").empty());
}

TEST_CASE("labels that leave a number out or are no texts are refused", "[archive]") {
  for (const char* text :
       {R"({"0": "a", "2": "b"})", R"({"1": "a"})", R"({"x": "a"})", R"({"0": "a", "00": "b"})", R"({"-1": "a"})"}) {
    require_error(ErrorCode::DataLoss, "each once", [&] { parse_labels(text, "l"); });
  }
  for (const char* text : {R"({"0": 1})", R"({"0": []})", R"({"0": [1]})", R"({"object_type_names": [1]})"}) {
    require_error(ErrorCode::DataLoss, "is no text", [&] { parse_labels(text, "l"); });
  }
  require_error(ErrorCode::DataLoss, "l: no JSON object", [] { parse_labels("[]", "l"); });
}

TEST_CASE("names in messages cannot hurt a terminal", "[archive]") {
  CHECK(printable("a\x1b[31m\xff") == "a\\x1b[31m\\xff");
  CHECK(printable(std::string(100, 'x')) == std::string(80, 'x') + "…");
}

}  // namespace
}  // namespace animalctl::archive
