#include "animalctl/report/run_record.h"

#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"

namespace animalctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kNewestFormat = 1;
constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

// Reads fields of one file; says which file and field is wrong.
class RecordReader {
 public:
  explicit RecordReader(std::string origin) : origin_(std::move(origin)) {}

  RunRecord read(const Json& json) const {
    if (!json.is_object()) fail("it holds no object");
    const Json* format = member(json, "format");
    if (format != nullptr && !format->is_number_integer()) fail("\"format\" is no whole number");
    if (format != nullptr && format->get<std::int64_t>() > kNewestFormat) {
      throw Error(ErrorCode::Unimplemented,
                  fmt::format("{} has format {}, this program reads up to {}; use a newer animalctl", origin_,
                              format->get<std::int64_t>(), kNewestFormat));
    }
    RunRecord record;
    record.settings = named_values(json, "settings");
    record.versions = named_values(json, "versions");
    if (const Json* data = member(json, "data")) {
      if (!data->is_object()) fail("\"data\" is no object");
      if (const Json* digest = member(*data, "digest")) {
        if (!digest->is_string()) fail("\"data.digest\" is no text");
        record.data_digest = digest->get<std::string>();
      }
    }
    if (const Json* epochs = member(json, "epochs")) {
      if (!epochs->is_array()) fail("\"epochs\" is no array");
      for (const Json& epoch : *epochs) record.epochs.push_back(read_epoch(epoch, record.epochs.size()));
    }
    return record;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::DataLoss,
                fmt::format("{} is no run report: {}; train again or move it away", origin_, what));
  }

  // Null counts as missing: it is what NaN becomes in JSON.
  static const Json* member(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  static std::string value_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_float()) return python_float(value.get<double>());
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  NamedValues named_values(const Json& json, const char* key) const {
    NamedValues values;
    const Json* object = member(json, key);
    if (object == nullptr) return values;
    if (!object->is_object()) fail(fmt::format("\"{}\" is no object", key));
    for (const auto& [name, value] : object->items()) values.emplace_back(name, value_text(value));
    return values;
  }

  double number(const Json& epoch, const char* key) const {
    const Json* value = member(epoch, key);
    if (value == nullptr) return std::numeric_limits<double>::quiet_NaN();
    if (!value->is_number()) fail(fmt::format("\"{}\" of an epoch is no number", key));
    return value->get<double>();
  }

  ReportEpoch read_epoch(const Json& json, std::size_t index) const {
    if (!json.is_object()) fail("an epoch is no object");
    ReportEpoch epoch;
    const Json* place = member(json, "epoch");
    if (place != nullptr && !place->is_number_integer()) fail("\"epoch\" of an epoch is no whole number");
    epoch.epoch = place == nullptr ? static_cast<int>(index) : place->get<int>();
    epoch.train_loss = number(json, "train_loss");
    epoch.val_loss = number(json, "val_loss");
    epoch.val_accuracy = number(json, "val_accuracy");
    epoch.learning_rate = number(json, "learning_rate");
    epoch.images_per_second = number(json, "images_per_second");
    if (const Json* best = member(json, "best")) {
      if (!best->is_boolean()) fail("\"best\" of an epoch is neither true nor false");
      epoch.best = best->get<bool>();
    }
    return epoch;
  }

  std::string origin_;
};

}  // namespace

RunRecord read_run_record(const std::filesystem::path& path) {
  const std::string text = read_text_file(path, kMaxBytes);
  // Refuses what is not JSON, with the place; the second parse keeps the order of the settings.
  (void)parse_json(text, path.string());
  return RecordReader(path.string()).read(Json::parse(text));
}

}  // namespace animalctl
