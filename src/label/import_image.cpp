#include "label/import_image.h"

#include <unistd.h>

#include <fmt/core.h>

#include <array>
#include <utility>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/frame_listing.h"
#include "animalctl/image/header.h"
#include "animalctl/image/limits.h"
#include "label/folder_examination.h"

namespace animalctl::label {
namespace {

constexpr std::size_t kLongestName = 255;

ImportOutcome refused(std::string message) {
  return {ImportOutcome::Status::Refused, "", std::move(message)};
}

// Why these bytes are no image to take; the format when they are.
std::optional<std::string> problem_of(std::span<const std::byte> bytes, ImageFormat& format) {
  const DecodeLimits limits;
  if (bytes.size() > limits.max_bytes) {
    return fmt::format("the image has {}, the limit is {}", human_bytes(static_cast<double>(bytes.size())),
                       human_bytes(static_cast<double>(limits.max_bytes)));
  }
  const Result<ImageHeader> header = parse_image_header(bytes);
  if (!header) return header.error().message();
  if (const std::optional<Error> error = check_decode_limits(header.value(), bytes.size(), limits)) {
    return error->message();
  }
  format = header.value().format;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> frame_name_for(std::string_view name, std::string_view extension, std::string& why) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  if (name.empty() || name.front() == '.' || name.find('\0') != std::string_view::npos) {
    why = "the name cannot be a frame's: it is empty, begins with a dot or has a NUL character";
    return std::nullopt;
  }
  std::string frame(name);
  if (!is_frame_name(frame)) frame.append(extension);
  if (frame.size() > kLongestName) {
    why = fmt::format("the name has {} bytes, a file's may have {}", frame.size(), kLongestName);
    return std::nullopt;
  }
  return frame;
}

ImageImporter::ImageImporter(StoreState& state, Workspace& workspace, LabelWriter& writer)
    : state_(state), workspace_(workspace), writer_(writer) {}

ImportOutcome ImageImporter::import(std::string_view name, std::span<const std::byte> bytes, std::string_view annotator,
                                    const std::optional<std::string>& label) {
  ImageFormat format = ImageFormat::Jpeg;
  if (std::optional<std::string> problem = problem_of(bytes, format)) return refused(std::move(*problem));
  std::string why;
  const std::optional<std::string> wanted = frame_name_for(name, file_extension(format), why);
  if (!wanted) return refused(std::move(why));
  if (label && !state_.classes.index_of(*label)) {
    return refused(
        fmt::format("the label \"{}\" is none of the classes {}", label->substr(0, 64), state_.classes.joined()));
  }
  const std::lock_guard one_at_a_time(mutex_);
  try {
    if (std::optional<std::string> same = same_content(bytes)) {
      return {ImportOutcome::Status::Duplicate, std::move(*same), ""};
    }
    const std::optional<std::string> as = add(*wanted, bytes);
    if (!as) return refused("no free name could be found");
    if (label) {
      Change change;
      change.name = *as;
      change.label = *label;
      change.annotator = annotator;
      change.origin = Origin::Import;
      const ChangeOutcome outcome = writer_.submit({change}).get().front();
      if (outcome.status != ChangeStatus::Done) {
        return {ImportOutcome::Status::Imported, *as, "its label could not be saved: " + outcome.message};
      }
    }
    return {ImportOutcome::Status::Imported, *as, ""};
  } catch (const Error& error) {
    return refused(error.message());
  }
}

// A name that no frame of the folder and no rejected one has.
std::string ImageImporter::free_frame_name(const std::string& wanted) const {
  const auto lock = state_.read();
  std::string name = wanted;
  for (unsigned int number = 2; state_.table.find_present(name) != kNoFrame; ++number) {
    name = numbered_name(wanted, number);
  }
  return name;
}

std::optional<std::string> ImageImporter::add(const std::string& wanted, std::span<const std::byte> bytes) {
  constexpr int kMostTries = 100;
  std::string free = free_frame_name(wanted);
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (workspace_.add_frame(free, bytes)) {
      take_up(free);
      return free;
    }
    // A file that the table does not know yet has the name.
    free = free_frame_name(numbered_name(wanted, static_cast<unsigned int>(tries) + 2));
  }
  return std::nullopt;
}

// As a frame that another program has put there: one whose stem it takes over keeps its annotation.
void ImageImporter::take_up(const std::string& name) {
  try {
    writer_.run([&name](WriterTools& tools) { examine(tools, {{name}, {}, {}}); }).get();
  } catch (const Error& error) {
    // It lies in the folder, where the watcher or the next start finds it.
    log::warning("an imported image is not in the index yet", {{"image", name}, {"reason", error.what()}});
  }
}

std::optional<std::string> ImageImporter::same_content(std::span<const std::byte> bytes) {
  std::vector<FrameId> same_size;
  {
    const auto lock = state_.read();
    for (FrameId id = 0; id < state_.table.size(); ++id) {
      if (state_.table.bytes()[id] == bytes.size() && state_.table.present(id)) same_size.push_back(id);
    }
  }
  if (same_size.empty()) return std::nullopt;
  const Digest digest = sha256(bytes);
  for (const FrameId id : same_size) {
    if (digest_of(id) == digest) {
      const auto lock = state_.read();
      return std::string(state_.table.name(id));
    }
  }
  return std::nullopt;
}

std::optional<Digest> ImageImporter::digest_of(FrameId id) {
  std::string name;
  std::string trash_name;
  FileFacts facts;
  {
    const auto lock = state_.read();
    name = state_.table.name(id);
    trash_name = state_.table.trash_name(id);
    facts = state_.table.facts(id);
  }
  const auto known = digests_.find(id);
  if (known != digests_.end() && known->second.facts.bytes == facts.bytes &&
      known->second.facts.modified_ms == facts.modified_ms) {
    return known->second.digest;
  }
  try {
    const Descriptor file(workspace_.open_image(name, trash_name).descriptor);
    Sha256 hash;
    std::array<std::byte, 1 << 16> block{};
    for (ssize_t count = 0; (count = ::read(file.get(), block.data(), block.size())) > 0;) {
      hash.update(std::span(block).first(static_cast<std::size_t>(count)));
    }
    const Digest digest = hash.finish();
    digests_[id] = {facts, digest};
    return digest;
  } catch (const Error&) {
    return std::nullopt;  // gone meanwhile
  }
}

}  // namespace animalctl::label
