// Files that Python wrote and that are refused, each by name.
#include <fstream>
#include <string>

#include "animalctl/base/file.h"
#include "animalctl/checkpoint/torch_file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::checkpoint {
namespace {

using test::golden_path;
using test::require_error;

void require_refused(const std::string& name, ErrorCode code, std::string_view part) {
  INFO(name);
  const std::filesystem::path path = golden_path("checkpoint/" + name);
  require_error(code, part, [&] { read_torch_file(path); });
  require_error(code, path.string(), [&] { read_torch_file(path); });
}

TEST_CASE("A pickle that calls os.system is refused by name and nothing is run") {
  const std::string module = "posix.system";
  require_refused("hostile.pth", ErrorCode::DataLoss, "it refers to " + module + "; only tensors");
  require_refused("hostile.pth", ErrorCode::DataLoss, "nothing was executed");
}

TEST_CASE("A whole pickled model is refused with what to save instead") {
  require_refused("whole_model.pth", ErrorCode::DataLoss, "save model.state_dict() instead");
}

TEST_CASE("A file of PyTorch before 1.6 is refused by name") {
  require_refused("legacy.pth", ErrorCode::Unimplemented, "written by PyTorch before 1.6");
  require_refused("legacy.pth", ErrorCode::Unimplemented, "save it again with PyTorch 1.6 or later");
}

TEST_CASE("A TorchScript file is refused by name") {
  require_refused("torchscript.pt", ErrorCode::Unimplemented, "it is a TorchScript file");
  if (!test::shared_data_present("weights/mobilenet_quantized.pt")) return;
  require_error(ErrorCode::Unimplemented, "mobilenet_quantized.pt: it is a TorchScript file",
                [] { read_torch_file(test::shared_path("weights/mobilenet_quantized.pt")); });
}

TEST_CASE("Tensors that are not dense and real are refused by name") {
  require_refused("complex.pth", ErrorCode::Unimplemented, "a complex tensor");
  require_refused("sparse.pth", ErrorCode::Unimplemented, "a sparse tensor");
  require_refused("quantised.pth", ErrorCode::Unimplemented, "a quantised tensor");
  require_refused("bare_storage.pth", ErrorCode::Unimplemented, "a bare storage");
}

TEST_CASE("Python objects that a checkpoint needs not are refused by name") {
  require_refused("a_set.pth", ErrorCode::DataLoss, "it refers to __builtin__.set");
  require_refused("huge_integer.pth", ErrorCode::DataLoss, "whole number of 9 bytes");
  require_refused("bare_pickle.pth", ErrorCode::Unimplemented, "it is a bare pickle");
}

TEST_CASE("A checkpoint cut anywhere is refused") {
  require_refused("truncated.pth", ErrorCode::DataLoss, "the file is truncated");
  const Bytes whole = read_file(golden_path("checkpoint/state_dict.pth"));
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    require_error(ErrorCode::DataLoss, "cannot read cut.pth",
                  [&] { parse_torch_file(std::span(whole).first(size), "cut.pth"); });
  }
}

TEST_CASE("A checkpoint with a changed byte of data is refused by its checksum") {
  Bytes bytes = read_file(golden_path("checkpoint/bare_tensor.pth"));
  const std::string_view text = as_text(bytes);
  // -1.0 and -0.75, the first two elements.
  const std::size_t at = text.find(std::string_view("\x00\x00\x80\xBF\x00\x00\x40\xBF", 8));
  REQUIRE(at != std::string_view::npos);
  bytes[at] ^= std::byte{1};
  require_error(ErrorCode::DataLoss, "the member bare_tensor/data/0 is damaged",
                [&] { parse_torch_file(bytes, "changed.pth"); });
}

TEST_CASE("What is no checkpoint at all is refused with what it is") {
  const auto parse_text = [](std::string_view text) { parse_torch_file(as_byte_span(text), "odd.pth"); };
  require_error(ErrorCode::DataLoss, "odd.pth: the file is empty", [&] { parse_text(""); });
  require_error(ErrorCode::DataLoss, "it is not a zip file", [&] { parse_text("hello"); });
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  require_error(ErrorCode::Unimplemented, "it is a tar file", [&] { parse_text(tar); });
  require_error(ErrorCode::NotFound, "missing.pth", [] { read_torch_file("missing.pth"); });
  require_error(ErrorCode::InvalidArgument, "it is a folder", [] { read_torch_file("."); });
}

}  // namespace
}  // namespace animalctl::checkpoint
