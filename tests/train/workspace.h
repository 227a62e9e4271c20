#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "animalctl/image/image.h"
#include "animalctl/train/train.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// A workspace on disk with labelled frames and snapshots, and the configuration of a run in it.
class Workspace {
 public:
  // `count` small drawn frames, even ones CAT; the first `train_count` are the training set, the rest validation.
  static Workspace drawn(int count, int train_count);
  // The seed's own five frames; training 4, 2, 1 in this order, validation 3.
  static Workspace seed_frames();

  void add_frame(const std::string& name, const ImageU8& image, const std::string& label);
  void write_snapshots(const std::vector<std::string>& train, const std::vector<std::string>& val);

  std::filesystem::path frames() const { return folder_->path() / "frames"; }
  std::filesystem::path annotations() const { return folder_->path() / "annotations"; }
  std::filesystem::path models() const { return folder_->path() / "models"; }
  std::filesystem::path path(const std::string& name) const { return folder_->path() / name; }
  TrainConfig config(const std::string& model_name) const;

 private:
  Workspace();
  std::shared_ptr<TemporaryFolder> folder_;
};

// Keeps every epoch's report; asks for a stop after `stop_after_advances` steps when that is not negative.
class RecordingObserver final : public TrainObserver {
 public:
  explicit RecordingObserver(int stop_after_advances = -1) : left_(stop_after_advances) {}
  void begin(std::string_view what, std::size_t) override { in_epoch_ = what.starts_with("epoch"); }
  void advance(std::size_t) override {
    if (in_epoch_ && left_ > 0 && --left_ == 0) source_.request_stop();
  }
  void end() override {}
  void epoch_ended(const EpochReport& epoch, int) override { epochs.push_back(epoch); }
  std::stop_token token() const { return source_.get_token(); }

  std::vector<EpochReport> epochs;

 private:
  int left_;
  bool in_epoch_ = false;
  std::stop_source source_;
};

}  // namespace animalctl::test
