#include "label/server/transfer_api.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/parallel.h"
#include "animalctl/http/content_type.h"
#include "label/server/answers.h"
#include "label/server/export_items.h"
#include "label/server/image_file.h"
#include "label/server/thumbnail.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::uint64_t kMaxImageInMemory = std::uint64_t{64} << 20;
// A picture that is small anyway is not made smaller.
constexpr std::uint64_t kSmallEnough = std::uint64_t{24} << 10;

class Turn {
 public:
  explicit Turn(std::counting_semaphore<64>& semaphore) : semaphore_(semaphore) {
    if (!semaphore_.try_acquire_for(kPatience)) {
      throw Error(ErrorCode::Unavailable, "the server is busy with others' images; try again");
    }
  }
  ~Turn() { semaphore_.release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::counting_semaphore<64>& semaphore_;
};

http::Response small_picture(const std::string& picture, const std::string& etag) {
  http::Response response;
  response.headers = image_fields(etag);
  response.content_type = "image/jpeg";
  response.body = picture;
  return response;
}

}  // namespace

TransferApi::TransferApi(const LabelContext& context, const TransferSettings& settings)
    : context_(context),
      settings_(settings),
      cache_(settings.thumbnail_cache_bytes),
      painters_(std::clamp(available_cores(), 1, 64)) {}

http::Response TransferApi::thumbnail(const http::Request& request) const {
  const std::string name = file_name_of(request.parameter("name"));
  const ImageFile file(context_.store, name);
  if (file.type() != "image/jpeg" || file.bytes() <= kSmallEnough) return image_answer(context_.store, name, request);
  // Another tag than the whole image's: they are not the same bytes.
  const std::string etag = fmt::format("\"t-{}", std::string_view(file.etag()).substr(1));
  if (is_known(request, etag)) return not_modified(etag);
  const std::string key = name + '\0' + file.etag();
  std::shared_ptr<const std::string> picture = cache_.find(key);
  if (picture == nullptr) {
    const Turn turn(painters_);
    const std::string whole = file.bytes() <= kMaxImageInMemory ? file.read(kMaxImageInMemory) : std::string();
    picture = std::make_shared<const std::string>(jpeg_thumbnail(whole).value_or(""));
    cache_.keep(key, picture);
  }
  if (picture->empty()) return image_answer(context_.store, name, request);
  return small_picture(*picture, etag);
}

http::Response TransferApi::import(const http::Request& request) const {
  const std::optional<Caller> caller = context_.access.caller_of(request);
  if (!caller) return message_answer(401, "a token is needed");
  const std::string name = file_name_of(request.query_value("name").value_or(""));
  const std::optional<http::MediaType> type = http::parse_media_type(request.header("Content-Type").value_or(""));
  const Turn turn(porters_);
  const bool is_zip = type && type->type == "application/zip";
  const std::vector<UploadResult> results =
      is_zip ? import_zip(context_.store, request.body, caller->name, settings_.upload)
             : std::vector{import_picture(context_.store, name, request.body, caller->name)};
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const UploadResult& result : results) json.push_back(to_json(result));
  return json_answer(200, {{"results", std::move(json)}});
}

http::Response TransferApi::export_items(const http::Request& request) const {
  const std::string format = request.query_value("format").value_or("");
  const Turn turn(porters_);
  return export_answer(context_.store, format, request.query);
}

}  // namespace animalctl::label
