#include "animalctl/dataset/annotation.h"

#include <sys/stat.h>

#include <limits>

#include "animalctl/base/file.h"
#include "animalctl/dataset/annotation_folder.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using test::require_error;

TEST_CASE("an annotation of the seed is read whole") {
  const Annotation annotation =
      parse_annotation(R"({"label":"DOG","source":"auto","score":0.93,"version":2})", "a.json");
  CHECK(annotation.label == "DOG");
  CHECK(annotation.source == "auto");
  CHECK(annotation.score == 0.93);
  CHECK(annotation.version == 2);
}

TEST_CASE("only the label of an annotation is required") {
  const Annotation annotation = parse_annotation(R"({"label": "CAT"})", "a.json");
  CHECK(annotation.label == "CAT");
  CHECK(annotation.source.empty());
  CHECK_FALSE(annotation.score);
  CHECK_FALSE(annotation.version);
}

TEST_CASE("fields of an unexpected type and unknown keys are passed over") {
  const Annotation annotation = parse_annotation(
      R"({"label":"CAT","source":7,"score":"high","version":99999999999999,"by":{"name":"Ann"}})", "a.json");
  CHECK(annotation.source.empty());
  CHECK_FALSE(annotation.score);
  CHECK_FALSE(annotation.version);
  CHECK_FALSE(parse_annotation(R"({"label":"CAT","version":-1})", "a.json").version);
}

TEST_CASE("an annotation that is not one is refused with its file and the reason") {
  const auto refused = [](std::string_view text, std::string_view part) {
    require_error(ErrorCode::DataLoss, part, [&] { parse_annotation(text, "ann/x.json"); });
    require_error(ErrorCode::DataLoss, "ann/x.json", [&] { parse_annotation(text, "ann/x.json"); });
  };
  refused("", "is empty");
  refused(" \n", "is empty");
  refused("CAT", "is not JSON");
  refused(R"({"label": "CAT")", "is not JSON");
  refused(R"(["CAT"])", "it holds array");
  refused(R"({"score": 1})", "has no \"label\"");
  refused(R"({"label": null})", "it is null");
  refused(R"({"label": 3})", "it is number");
  refused(R"({"label": " "})", "an empty string");
  refused(R"({"label": "CAT", "label": "DOG"})", "twice");
}

TEST_CASE("annotations are written as Python's json.dump writes them") {
  CHECK(to_json({"CAT", "manual", std::nullopt, std::nullopt}) ==
        R"({"label": "CAT", "source": "manual", "score": null, "version": null})");
  CHECK(to_json({"DOG", "auto", 0.93, 2}) == R"({"label": "DOG", "source": "auto", "score": 0.93, "version": 2})");
  CHECK(to_json({"DOG", "auto", 1.0, 0}) == R"({"label": "DOG", "source": "auto", "score": 1.0, "version": 0})");
  CHECK(to_json({"CH\xC3\x88VRE\"", "manual", {}, {}}) ==
        R"({"label": "CH\u00c8VRE\"", "source": "manual", "score": null, "version": null})");
}

TEST_CASE("a score that JSON cannot hold is written as null") {
  for (const double score : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK(to_json({"CAT", "auto", score, 1}) == R"({"label": "CAT", "source": "auto", "score": null, "version": 1})");
  }
}

TEST_CASE("what is written is read back equal") {
  const Annotation read = parse_annotation(to_json({"DOG", "auto", 0.1 + 0.2, 12}), "x");
  CHECK(read.label == "DOG");
  CHECK(read.score == 0.1 + 0.2);
  CHECK(read.version == 12);
}

TEST_CASE("only the last extension of a frame's name is replaced") {
  CHECK(annotation_path("ann", "frames/cat.12.jpg") == "ann/cat.12.json");
  CHECK(annotation_path("ann", "a.png.b.png") == "ann/a.png.b.json");
  CHECK(annotation_path("ann", "x.y/plain") == "ann/plain.json");
  CHECK(annotation_path("ann", ".png") == "ann/.png.json");
}

TEST_CASE("a folder of annotations answers for frames by their stem") {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "a.json", R"({"label": "dog"})");
  write_file_atomic(folder / "bad.json", "{");
  write_file_atomic(folder / "cow.json", R"({"label": "COW"})");
  write_file_atomic(folder / "large.json", std::string(3 << 20, ' '));
  write_file_atomic(folder / "padded.json", std::string(100'000, ' ') + R"({"label": "CAT"})");
  create_folders(folder / "nested.json");
  REQUIRE(::mkfifo((folder / "pipe.json").c_str(), 0600) == 0);
  const AnnotationFolder annotations(folder.path());
  const ClassList classes{"cat", "dog"};

  CHECK(annotations.read_label("frames/a.png", classes).value() == 1);
  CHECK(annotations.read_label("a.jpg", classes).value() == 1);
  CHECK(annotations.read_label("padded.jpg", classes).value() == 0);
  require_error(ErrorCode::NotFound, "c.png has no annotation", [&] { annotations.read("c.png").value(); });
  require_error(ErrorCode::DataLoss, "bad.json is not JSON", [&] { annotations.read("bad.png").value(); });
  require_error(ErrorCode::DataLoss, "larger than 1 MiB", [&] { annotations.read("large.png").value(); });
  require_error(ErrorCode::DataLoss, "\"COW\" is none of the classes CAT, DOG",
                [&] { annotations.read_label("cow.png", classes).value(); });
  CHECK_FALSE(annotations.read("nested.png").ok());
  CHECK_FALSE(annotations.read("pipe.png").ok());
}

TEST_CASE("an annotations folder that is missing or a file is refused") {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  require_error(ErrorCode::NotFound, "give --annotations-dir", [&] { AnnotationFolder annotations(folder / "none"); });
  require_error(ErrorCode::InvalidArgument, "read the annotations folder",
                [&] { AnnotationFolder annotations(folder / "file"); });
}
