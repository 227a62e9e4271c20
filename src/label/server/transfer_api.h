#pragma once

#include <memory>
#include <semaphore>

#include "animalctl/http/message.h"
#include "label/server/import_upload.h"
#include "label/server/label_api.h"
#include "label/server/thumbnail_cache.h"

namespace animalctl::label {

struct TransferSettings {
  std::size_t thumbnail_cache_bytes = std::size_t{32} << 20;
  UploadLimits upload;
};

// Small pictures, images that come in and data that goes out. Heavy work is done by few at a time: who waits for
// longer than 10 s is answered 503. Thread-safe.
class TransferApi {
 public:
  TransferApi(const LabelContext& context, const TransferSettings& settings);

  http::Response thumbnail(const http::Request& request) const;
  http::Response import(const http::Request& request) const;
  http::Response export_items(const http::Request& request) const;

 private:
  const LabelContext& context_;
  const TransferSettings settings_;
  mutable ThumbnailCache cache_;
  mutable std::counting_semaphore<64> painters_;
  mutable std::counting_semaphore<64> porters_{2};  // imports and exports
};

}  // namespace animalctl::label
