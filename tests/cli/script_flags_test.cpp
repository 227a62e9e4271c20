#include "cli/script_flags.h"

#include "support/catch_compat.h"

namespace animalctl::test {

TEST_CASE("the flags of a TorchScript model are read as sizes, channels and ways to fit") {
  cli::ScriptFlags flags;
  CHECK_FALSE(flags.options().width.has_value());
  CHECK_FALSE(flags.options().output.has_value());
  flags.size = "320x240";
  flags.mean = "0.485, 0.456,0.406";
  flags.std = "1";
  flags.fit = "centre:0.875";
  flags.output = "logits";
  const ScriptOptions options = flags.options();
  CHECK(options.width == 320);
  CHECK(options.height == 240);
  CHECK(options.mean == std::vector<float>{0.485F, 0.456F, 0.406F});
  CHECK(options.std == std::vector<float>{1});
  CHECK(options.fit == Fit::Centre);
  CHECK(options.centre_share == 0.875F);
  CHECK(options.output == ScriptOutput::Logits);
  flags.size = "64";
  flags.fit = "stretch";
  flags.output = "probabilities";
  CHECK(flags.options().height == 64);
  CHECK(flags.options().fit == Fit::Stretch);
  CHECK(flags.options().output == ScriptOutput::Probabilities);
}

TEST_CASE("a TorchScript flag that is no size, number or way is refused with what is accepted") {
  const auto refused = [](std::string cli::ScriptFlags::*flag, const char* value, std::string_view reason) {
    INFO(value);
    cli::ScriptFlags flags;
    flags.*flag = value;
    require_error(ErrorCode::InvalidArgument, reason, [&] { (void)flags.options(); });
  };
  for (const char* const value : {"0", "-1", "4097", "1x", "x1", "1x2x3", "big"}) {
    refused(&cli::ScriptFlags::size, value, "WIDTHxHEIGHT");
  }
  for (const char* const value : {"a", "1,", "nan", "inf"})
    refused(&cli::ScriptFlags::mean, value, "numbers are accepted");
  refused(&cli::ScriptFlags::mean, "1,2", "one number");
  refused(&cli::ScriptFlags::std, "1,0,1", "above 0");
  for (const char* const value : {"center", "centre:", "centre:0", "centre:1.1", "centre:1:1", "stretch:1"}) {
    refused(&cli::ScriptFlags::fit, value, "centre:SHARE");
  }
}

}  // namespace animalctl::test
