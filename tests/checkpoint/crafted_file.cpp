#include "checkpoint/crafted_file.h"

#include "checkpoint/zip_writer.h"

namespace animalctl::test {

Bytes make_zip(const Members& members) {
  Bytes file;
  checkpoint::ZipWriter zip(
      [&](std::span<const std::byte> bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); });
  for (const auto& [name, content] : members) zip.add(name, as_byte_span(content));
  zip.finish();
  return file;
}

Bytes make_checkpoint(std::string_view pickle, const std::vector<std::string>& storages) {
  Members members{{"archive/data.pkl", std::string(pickle)}};
  for (std::size_t i = 0; i < storages.size(); ++i) {
    members.emplace_back("archive/data/" + std::to_string(i), storages[i]);
  }
  members.emplace_back("archive/version", "3\n");
  return make_zip(members);
}

checkpoint::Value parse(const Bytes& file, const checkpoint::ReadLimits& limits) {
  return checkpoint::parse_torch_file(file, "bad.pth", limits);
}

checkpoint::Value parse_pickle(std::string_view pickle, const std::vector<std::string>& storages,
                               const checkpoint::ReadLimits& limits) {
  return parse(make_checkpoint(pickle, storages), limits);
}

std::string pickled(std::int64_t number) {
  std::string opcodes = "\x8A\x08";
  for (int i = 0; i < 8; ++i) opcodes.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i)));
  return opcodes;
}

std::string pickled(std::string_view text) {
  std::string opcodes = "X";
  for (int i = 0; i < 4; ++i) opcodes.push_back(static_cast<char>(text.size() >> (8 * i)));
  return opcodes.append(text);
}

std::string pickled_tuple(const std::vector<std::string>& items) {
  std::string opcodes = "(";
  for (const std::string& item : items) opcodes += item;
  return opcodes + "t";
}

std::string pickled_sizes(const std::vector<std::int64_t>& sizes) {
  std::vector<std::string> items;
  for (const std::int64_t size : sizes) items.push_back(pickled(size));
  return pickled_tuple(items);
}

std::string pickled_storage(std::int64_t count, std::string_view type) {
  return pickled_tuple({pickled("storage"), "ctorch\n" + std::string(type) + "\n", pickled("0"), pickled("cpu"),
                        pickled(count)}) +
         "Q";
}

std::string pickled_tensor(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& shape,
                           const std::vector<std::int64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n" +
         pickled_tuple({storage, pickled(offset), pickled_sizes(shape), pickled_sizes(strides), "\x89",
                        "ccollections\nOrderedDict\n)R"}) +
         "R";
}

}  // namespace animalctl::test
