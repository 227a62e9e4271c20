#pragma once

#include <chrono>

#include "animalctl/http/message.h"
#include "animalctl/label/label_store.h"
#include "label/server/access.h"
#include "label/server/prediction_client.h"

namespace animalctl::label {

// What the handlers share. All of it must outlive them.
struct LabelContext {
  LabelStore& store;
  const Access& access;
  PredictionClient* predictions = nullptr;  // null: no model is asked
  double blind_share = 0.05;
};

// The calls below /api that read and change labels (docs/labelling-api.md). Who asks is known and may: the dispatcher
// has checked it. Members throw Error for what the caller did wrong. Thread-safe.
class LabelApi {
 public:
  explicit LabelApi(const LabelContext& context) : context_(context) {}

  http::Response session(const http::Request& request) const;
  http::Response items(const http::Request& request) const;
  http::Response item(const http::Request& request) const;
  http::Response labels(const http::Request& request) const;
  http::Response undo(const http::Request& request) const;
  http::Response predictions(const http::Request& request) const;
  http::Response changes(const http::Request& request) const;
  http::Response progress(const http::Request& request) const;
  http::Response agreement(const http::Request& request) const;
  http::Response history(const http::Request& request) const;

 private:
  // Throws FailedPrecondition without a known token, which the dispatcher has refused before.
  Caller caller_of(const http::Request& request) const;

  const LabelContext& context_;
};

// Why `caller` may not make this change; "" when they may. A labeller changes what is unlabelled or skipped, or their
// own; whether the item is still so at the change the revision decides.
std::string_view forbidden_change(const Caller& caller, const Change& change, const std::optional<Item>& item);

}  // namespace animalctl::label
