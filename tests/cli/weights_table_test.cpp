#include "cli/weights_table.h"

#include <set>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
using cli::WeightsRow;
using cli::WeightsState;

TEST_CASE("every row of the weights table has a name of its own, eight digits of checksum and a size") {
  std::set<std::string> names;
  for (const WeightsRow& row : cli::weights_table()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(names.insert(row.file).second);
    CHECK(contains(row.file, std::string(row.architecture) + "-"));
    CHECK(row.digest_prefix().size() == 8);
    CHECK(row.digest_prefix().find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(row.mebibytes > 1);
    CHECK(row.max_bytes() > row.mebibytes * 1024 * 1024);
    CHECK((row.top1 > 50 && row.top1 < 100));
    CHECK(&cli::find_weights(row.name) == &row);
  }
}

TEST_CASE("an unknown name gets a suggestion and all names") {
  require_error(ErrorCode::InvalidArgument, "did you mean \"resnet18\"?", [] { cli::find_weights("resnet-18"); });
  require_error(ErrorCode::InvalidArgument, "there are squeezenet1_1, mobilenet_v2", [] { cli::find_weights(""); });
}

TEST_CASE("weights that were not fetched are nothing, damaged ones an error") {
  const TemporaryFolder folder;
  const WeightsRow& row = cli::find_weights("resnet18");
  CHECK_FALSE(cli::fetched_weights("resnet18", folder.path()));
  CHECK_FALSE(cli::fetched_weights("some/file.pth", folder.path()));
  CHECK(cli::weights_state(row, folder.path()) == WeightsState::Missing);
  write_file_atomic(folder / row.file, "not it");
  CHECK(cli::weights_state(row, folder.path()) == WeightsState::Damaged);
  require_error(ErrorCode::DataLoss, "animalctl weights fetch resnet18",
                [&] { cli::fetched_weights("resnet18", folder.path()); });
  // Eight bytes, found by search, whose SHA-256 begins with the digits of this row.
  const WeightsRow& stand_in = cli::find_weights("resnet50@v2");
  write_file_atomic(folder / stand_in.file, "115bbe20");
  CHECK(cli::fetched_weights("resnet50@v2", folder.path()) == folder / stand_in.file);
  std::filesystem::resize_file(folder / row.file, row.max_bytes() + 1);
  CHECK(cli::weights_state(row, folder.path()) == WeightsState::Damaged);
}

}  // namespace animalctl::test
