#include "animalctl/dataset/snapshot.h"

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
using test::require_error;
using Rows = std::vector<std::string>;

TEST_CASE("a snapshot as pandas writes it is read in its order") {
  CHECK(parse_snapshot("frame_filename\nframes/b.png\nframes/a.png\n", "x.csv") ==
        Rows{"frames/b.png", "frames/a.png"});
  CHECK(parse_snapshot("frame_filename\na.png", "x.csv") == Rows{"a.png"});
  CHECK(parse_snapshot("frame_filename\n", "x.csv").empty());
  CHECK(parse_snapshot("frame_filename", "x.csv").empty());
}

TEST_CASE("a snapshot may have a byte order mark, CRLF, blank lines and other columns") {
  CHECK(parse_snapshot("\xEF\xBB\xBF"
                       "frame_filename\r\na.png\r\n\r\n\nb.png\r\n",
                       "x.csv") == Rows{"a.png", "b.png"});
  CHECK(parse_snapshot("id,\"frame_filename\",note\n1,a.png,\"x, y\"\n2,b.png,\n", "x.csv") == Rows{"a.png", "b.png"});
  CHECK(parse_snapshot("id, frame_filename\n1,a.png\n", "x.csv") == Rows{"a.png"});
}

TEST_CASE("names with commas, quotes, line breaks, spaces and odd bytes survive writing and reading") {
  const Rows rows = {"a,b.png",      "say \"hi\".png", "two\nlines.png", "cr\r.png",
                     " spaces .png", "\xFF\xFE.png",   "ünï.png",        "plain.png"};
  CHECK(parse_snapshot(format_snapshot(rows), "x.csv") == rows);
  CHECK(format_snapshot(Rows{"a,b.png", "q\".png", "c.png"}) == "frame_filename\n\"a,b.png\"\n\"q\"\".png\"\nc.png\n");
}

TEST_CASE("a garbled snapshot is refused with its file and line") {
  const auto refused = [](std::string_view text, std::string_view part) {
    require_error(ErrorCode::DataLoss, part, [&] { parse_snapshot(text, "data/train.csv"); });
    require_error(ErrorCode::DataLoss, "data/train.csv", [&] { parse_snapshot(text, "data/train.csv"); });
  };
  refused("", "is empty");
  refused("\n\n", "is empty");
  refused("name,label\na.png,CAT\n", "line 1: no column is named frame_filename (found: name, label)");
  refused("frame_filename\na.png\n\"b.png\nc.png\n", "line 3: a quote is opened and never closed");
  refused("frame_filename\na.png\n\n\"b\".png\n", "line 4: a quote stands inside a field");
  refused(std::string_view("frame_filename\na.png\nb\0.png\n", 29), "line 3 holds a NUL byte");
  refused("id,frame_filename\n1,a.png\n2\n", "line 3: the row has 1 column, frame_filename is column 2");
  refused("frame_filename\n\"two\nlines\"\n\"\"\n", "line 4: the name of the frame is empty");
  refused(std::string(5000, 'x'), "…");
}

TEST_CASE("a snapshot is written and read as a file") {
  const test::TemporaryFolder folder;
  write_snapshot(folder / "new/train.csv", Rows{"a.png"});
  CHECK(read_text_file(folder / "new/train.csv") == "frame_filename\na.png\n");
  CHECK(read_snapshot(folder / "new/train.csv") == Rows{"a.png"});
  require_error(ErrorCode::NotFound, "none.csv", [&] { read_snapshot(folder / "none.csv"); });
}
