#include "animalctl/dataset/frame_listing.h"

#include <sys/stat.h>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

using namespace animalctl;
namespace fs = std::filesystem;

TEST_CASE("frames are image names in any letter case that do not begin with a dot") {
  for (const char* name : {"a.jpg", "a.JPEG", "b.c.Png", "x.webp", "y.bmp"}) CHECK(is_frame_name(name));
  for (const char* name : {"", ".jpg", ".a.jpg", "a.gif", "jpg", "a.jpg.txt", "a."}) CHECK_FALSE(is_frame_name(name));
}

TEST_CASE("only regular files and links to them are frames, sorted bytewise") {
  const test::TemporaryFolder folder;
  for (const char* name : {"b.png", "a.JPG", "B.png", ".hidden.png", "notes.txt"})
    write_file_atomic(folder / name, "x");
  create_folders(folder / "folder.png");
  fs::create_symlink("b.png", folder / "link.png");
  fs::create_symlink("gone.png", folder / "broken.png");
  REQUIRE(::mkfifo((folder / "pipe.png").c_str(), 0600) == 0);
  CHECK(list_frames(folder.path()) == std::vector<std::string>{"B.png", "a.JPG", "b.png", "link.png"});

  for (const FolderEntry& entry : list_folder(folder.path())) {
    if (entry.name == "folder.png") CHECK(entry.kind == EntryKind::Folder);
    if (entry.name == "broken.png") CHECK(entry.kind == EntryKind::BrokenLink);
    if (entry.name == "pipe.png") CHECK(entry.kind == EntryKind::Other);
    if (entry.name == "link.png") CHECK(entry.kind == EntryKind::File);
  }
}

TEST_CASE("listing a folder that is missing or a file is refused") {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  test::require_error(ErrorCode::NotFound, "give --frames-dir", [&] { list_frames(folder / "none"); });
  test::require_error(ErrorCode::InvalidArgument, "list the folder", [&] { list_frames(folder / "file"); });
  test::require_error(ErrorCode::NotFound, "list the folder", [&] { list_folder(folder / "none"); });
}
