#include "cli/model_path.h"

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

TEST_CASE("a model is found by name, by file name and by path, and otherwise the folder's models are named") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "base_model.pth", std::string_view("x"));
  write_file_atomic(folder / "plain", std::string_view("x"));
  const auto expected = folder / "base_model.pth";
  CHECK(cli::resolve_model_path("base_model", folder.path()) == expected);
  CHECK(cli::resolve_model_path("base_model.pth", folder.path()) == expected);
  CHECK(cli::resolve_model_path(expected.string(), "elsewhere") == expected);
  CHECK(cli::resolve_model_path("plain", folder.path()) == folder / "plain");
  require_error(ErrorCode::NotFound, "holds base_model.pth", [&] { cli::resolve_model_path("other", folder.path()); });
  require_error(ErrorCode::NotFound, "train a model first", [&] {
    const TemporaryFolder empty;
    cli::resolve_model_path("other", empty.path());
  });
  require_error(ErrorCode::NotFound, "cannot be read", [&] { cli::resolve_model_path("other", folder / "none"); });
}

TEST_CASE("a TorchScript model is found by name, by file name and by path, and keeps its prefix") {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.torchscript.pt", std::string_view("x"));
  const std::string expected = "torchscript:" + (folder / "m.torchscript.pt").string();
  CHECK(cli::resolve_model_path("torchscript:m", folder.path()) == expected);
  CHECK(cli::resolve_model_path("torchscript:m.torchscript.pt", folder.path()) == expected);
  CHECK(cli::resolve_model_path(expected, "elsewhere") == expected);
  require_error(ErrorCode::NotFound, "there is no TorchScript file \"other\"",
                [&] { cli::resolve_model_path("torchscript:other", folder.path()); });
}

}  // namespace animalctl::test
