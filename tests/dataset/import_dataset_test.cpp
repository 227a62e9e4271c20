#include "animalctl/dataset/import_dataset.h"

#include <algorithm>

#include "animalctl/base/file.h"
#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/frame_listing.h"
#include "dataset/fake_image.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using namespace animalctl::test;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using Counts = std::vector<std::size_t>;

namespace {

class ImportWorkspace {
 public:
  void source(const std::string& name, std::uint64_t hash) const {
    write_file_atomic(folder_ / ("source/" + name), fake_bmp(hash));
  }
  void source_text(const std::string& name, std::string_view text) const {
    write_file_atomic(folder_ / ("source/" + name), text);
  }
  fs::path path(std::string_view name) const { return folder_ / name; }

  ImportOptions options(std::string_view source = "source") const {
    return {.source = folder_ / source,
            .frames_dir = folder_ / "frames",
            .annotations_dir = folder_ / "annotations",
            .classes = ClassList{"cat", "dog"}};
  }
  ImportReport import(const ImportOptions& options) const {
    SilentProgress progress;
    return import_dataset(options, progress, {});
  }
  ImportReport import() const { return import(options()); }

  Names frames() const { return list_frames(folder_ / "frames"); }
  std::string label(const std::string& stem) const {
    return parse_annotation(read_text_file(folder_ / ("annotations/" + stem + ".json")), stem).label;
  }

 private:
  TemporaryFolder folder_;
};

std::size_t skipped(const ImportReport& report, const std::string& reason) {
  const auto counts = report.skipped_by_reason();
  const auto found = counts.find(reason);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

TEST_CASE("a folder for each class is imported, in any letter case, plural and nested") {
  const ImportWorkspace workspace;
  workspace.source("Cats/1.bmp", 1);
  workspace.source("Cats/deep/2.bmp", 2);
  workspace.source("dog/3.BMP", 3);
  workspace.source("bird/4.bmp", 4);
  workspace.source("loose.bmp", 5);
  workspace.source("dog/.hidden.bmp", 6);
  workspace.source(".git/x.bmp", 6);
  fs::create_directory_symlink(workspace.path("source/Cats"), workspace.path("source/Cats/loop"));
  const ImportReport report = workspace.import();
  CHECK(report.imported == 3);
  CHECK(report.class_counts == Counts{2, 1});
  CHECK(report.renamed == 0);
  CHECK(workspace.frames() == Names{"1.bmp", "2.bmp", "3.BMP"});
  CHECK(workspace.label("2") == "CAT");
  CHECK(read_text_file(workspace.path("annotations/3.json")) ==
        R"({"label": "DOG", "source": "manual", "score": null, "version": null})");
  CHECK(skipped(report, "unknown label") == 1);
  CHECK(skipped(report, "not in the folder of a class") == 1);
  CHECK(skipped(report, "hidden file") == 2);
  CHECK(report.skipped.size() == 4);
}

TEST_CASE("the class may begin the file name") {
  const ImportWorkspace workspace;
  workspace.source("cat.12.bmp", 1);
  workspace.source("DOG_3.bmp", 2);
  workspace.source("dogs-4.bmp", 3);
  workspace.source("cat5.bmp", 4);
  workspace.source("catalogue.bmp", 5);
  workspace.source("tiger.1.bmp", 6);
  workspace.source("birds/cat.1.bmp", 7);
  const ImportReport report = workspace.import();
  CHECK(report.class_counts == Counts{2, 2});
  CHECK(skipped(report, "unknown label") == 2);
  CHECK(skipped(report, "a folder") == 1);
  CHECK(workspace.label("cat.12") == "CAT");
}

TEST_CASE("a CSV file may name paths and labels in columns of any order") {
  const ImportWorkspace workspace;
  workspace.source("a.bmp", 1);
  workspace.source("sub/b.bmp", 2);
  workspace.source_text("list.csv",
                        "Label,file,note\ncat,a.bmp,x\nDOG,sub/b.bmp,\ncat,gone.bmp,\ncow,a.bmp,\ncat\ncat,,\n");
  const ImportReport report = workspace.import(workspace.options("source/list.csv"));
  CHECK(report.class_counts == Counts{1, 1});
  CHECK(skipped(report, "missing file") == 1);
  CHECK(skipped(report, "unknown label") == 1);
  CHECK(skipped(report, "garbled line") == 2);
  CHECK(report.skipped[1].file == "line 6");
}

TEST_CASE("the columns of a list may be named") {
  const ImportWorkspace workspace;
  workspace.source("a.bmp", 1);
  workspace.source_text("list.csv", "where,what\na.bmp,cat\n");
  ImportOptions options = workspace.options("source/list.csv");
  require_error(ErrorCode::DataLoss, "found: where, what); give --path-column", [&] { workspace.import(options); });
  options.path_column = "where";
  require_error(ErrorCode::DataLoss, "give --label-column", [&] { workspace.import(options); });
  options.label_column = "WHAT";
  CHECK(workspace.import(options).imported == 1);
  workspace.source_text("empty.csv", "");
  require_error(ErrorCode::DataLoss, "is empty", [&] { workspace.import(workspace.options("source/empty.csv")); });
}

TEST_CASE("a JSONL file names one image a line, and garbled lines are counted") {
  const ImportWorkspace workspace;
  workspace.source("a.bmp", 1);
  workspace.source("b.bmp", 2);
  workspace.source_text("list.jsonl",
                        "{\"path\": \"a.bmp\", \"label\": \"cat\"}\n\n{\"image\": \"b.bmp\", \"class\": \"Dog\"}\n"
                        "{\"path\": \n[1]\n{\"label\": \"cat\"}\n{\"path\": \"a.bmp\", \"label\": 7}\n");
  const ImportReport report = workspace.import(workspace.options("source/list.jsonl"));
  CHECK(report.class_counts == Counts{1, 1});
  CHECK(skipped(report, "garbled line") == 3);
  CHECK(skipped(report, "unknown label") == 1);
}

TEST_CASE("importing twice changes nothing") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.bmp", 1);
  workspace.source("dog.1.bmp", 2);
  CHECK(workspace.import().imported == 2);
  const ImportReport again = workspace.import();
  CHECK(again.imported == 0);
  CHECK(again.already_imported == 2);
  CHECK(skipped(again, "already imported") == 2);
  CHECK(workspace.frames().size() == 2);
}

TEST_CASE("a frame whose import was interrupted gets its label") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.bmp", 1);
  workspace.import();
  fs::remove(workspace.path("annotations/cat.1.json"));
  CHECK(workspace.import().imported == 1);
  CHECK(workspace.label("cat.1") == "CAT");
  CHECK(workspace.frames().size() == 1);
}

TEST_CASE("names that are taken get a suffix, and stems stay unique") {
  const ImportWorkspace workspace;
  workspace.source("cat/1.bmp", 1);
  workspace.source("cat/b/1.bmp", 2);
  workspace.source("dog/1.bmp", 3);
  workspace.source("dog/x/1.BMP", 4);
  // An annotation that is left over must not label a new picture.
  write_file_atomic(workspace.path("annotations/1-2.json"), R"({"label": "DOG"})");
  const ImportReport report = workspace.import();
  CHECK(report.imported == 4);
  CHECK(report.renamed == 3);
  CHECK(workspace.frames() == Names{"1-1.bmp", "1-3.bmp", "1-4.BMP", "1.bmp"});
  CHECK(workspace.label("1-3") == "DOG");
  CHECK(workspace.import().already_imported == 4);
}

TEST_CASE("the same content twice is imported once, and a contradiction is said") {
  const ImportWorkspace workspace;
  workspace.source("cat/a.bmp", 1);
  workspace.source("cat/b.bmp", 1);
  workspace.source("dog/c.bmp", 1);
  const ImportReport report = workspace.import();
  CHECK(report.imported == 1);
  CHECK(skipped(report, "duplicate in the source") == 1);
  CHECK(skipped(report, "duplicate in the source with another label") == 1);

  fs::remove_all(workspace.path("source"));
  workspace.source("dog/d.bmp", 1);
  const ImportReport other = workspace.import();
  CHECK(skipped(other, "already there with another label") == 1);
  CHECK(other.skipped[0].detail == "a.bmp is CAT");
  write_file_atomic(workspace.path("annotations/a.json"), "{");
  CHECK(skipped(workspace.import(), "already imported, but its annotation is garbled") == 1);
}

TEST_CASE("what is no image is skipped by its content, and a wrong extension is corrected") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.png", 1);
  workspace.source("cat.2", 2);
  workspace.source_text("cat.3.jpg", "no picture at all, only words");
  workspace.source_text("cat.4.jpg", "");
  workspace.source_text("cat.5.gif", "GIF89a\x01\x01\x01\x01, and so on and so on");
  const ImportReport report = workspace.import();
  CHECK(report.imported == 2);
  CHECK(report.corrected_extensions == 2);
  CHECK(workspace.frames() == Names{"cat.1.bmp", "cat.2.bmp"});
  CHECK(skipped(report, "not an image") == 1);
  CHECK(skipped(report, "empty file") == 1);
  CHECK(skipped(report, "image format not supported") == 1);
}

TEST_CASE("a file that is over the limit or a folder is skipped with its reason") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.bmp", 1);
  fs::resize_file(workspace.path("source/cat.1.bmp"), std::uintmax_t{65} << 20);
  create_folders(workspace.path("source/folder.bmp"));
  workspace.source_text("list.csv", "path,label\ncat.1.bmp,cat\nfolder.bmp,cat\n");
  const ImportReport report = workspace.import(workspace.options("source/list.csv"));
  CHECK(skipped(report, "file too large") == 1);
  CHECK(skipped(report, "unreadable file") == 1);
}

TEST_CASE("images are linked when asked, through symbolic links too") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.bmp", 1);
  workspace.source("other.bmp", 2);
  fs::create_symlink("other.bmp", workspace.path("source/dog.1.bmp"));
  ImportOptions options = workspace.options();
  options.link = true;
  const ImportReport report = workspace.import(options);
  CHECK(report.linked == 2);
  CHECK(fs::hard_link_count(workspace.path("frames/cat.1.bmp")) == 2);
  CHECK(fs::equivalent(workspace.path("frames/dog.1.bmp"), workspace.path("source/other.bmp")));
  CHECK_FALSE(fs::is_symlink(workspace.path("frames/dog.1.bmp")));
}

TEST_CASE("a source that is missing, odd or of the wrong format is refused before anything is made") {
  const ImportWorkspace workspace;
  workspace.source("readme.txt", 1);
  require_error(ErrorCode::NotFound, "import from", [&] { workspace.import(workspace.options("none")); });
  require_error(ErrorCode::InvalidArgument, "cannot tell what",
                [&] { workspace.import(workspace.options("source/readme.txt")); });
  ImportOptions options = workspace.options();
  options.format = ImportFormat::Csv;
  require_error(ErrorCode::InvalidArgument, "asks for a file", [&] { workspace.import(options); });
  CHECK_FALSE(fs::exists(workspace.path("frames")));
}

TEST_CASE("nothing temporary stays behind when an import cannot write") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.bmp", 1);
  create_folders(workspace.path("frames"));
  write_file_atomic(workspace.path("annotations"), "a file in the way");
  CHECK_THROWS_AS(workspace.import(), Error);
  CHECK(fs::is_empty(workspace.path("frames")));
}

TEST_CASE("an import that is stopped keeps what it has and says how to go on") {
  const ImportWorkspace workspace;
  workspace.source("cat.1.bmp", 1);
  std::stop_source stop;
  stop.request_stop();
  SilentProgress progress;
  require_error(ErrorCode::Cancelled, "run the command again",
                [&] { import_dataset(workspace.options(), progress, stop.get_token()); });
}
