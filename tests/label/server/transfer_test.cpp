// Images that come in, data that goes out.
#include <archive.h>
#include <archive_entry.h>

#include "label/server/export_items.h"
#include "label/server/import_upload.h"
#include "label/server/site_fixture.h"
#include "label/server/spool.h"
#include "label/server/zip_reader.h"
#include "label/server/zip_writer.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace label;
using nlohmann::ordered_json;
using Members = std::vector<std::pair<std::string, std::string>>;

std::string zip_of(const Members& members, ZipWriter::Packing packing = ZipWriter::Packing::Stored) {
  Spool spool;
  ZipWriter writer(spool);
  for (const auto& [name, content] : members) writer.add(name, content, packing);
  writer.finish();
  http::Response response;
  spool.hand_over(response);
  return body_of(response);
}

struct Unpacked {
  Members content;
  Members refused;
};

Unpacked unpack(const std::string& zip, const UploadLimits& limits = {}) {
  Unpacked unpacked;
  read_zip(
      zip, limits,
      {[](const std::string& name) { return name == "skip" ? ZipMember::PassOver : ZipMember::Take; },
       [&](const std::string& name, std::string content) { unpacked.content.emplace_back(name, std::move(content)); },
       [&](const std::string& name, const std::string& why) { unpacked.refused.emplace_back(name, why); }});
  return unpacked;
}

TEST_CASE("what a zip is written with is read back, in order", "[label]") {
  const Members members = {{"a/b.png", "content"}, {"\xC3\xA4 #?.png", ""}, {"../../x", std::string(100'000, 'y')}};
  for (const auto packing : {ZipWriter::Packing::Stored, ZipWriter::Packing::Deflated}) {
    const std::string zip = zip_of(members, packing);
    CHECK(unpack(zip).content == members);
    CHECK(zip == zip_of(members, packing));
  }
  CHECK(unpack(zip_of({})).content.empty());
  CHECK(unpack(zip_of({{"skip", "x"}, {"b", "y"}})).content == Members{{"b", "y"}});
}

TEST_CASE("a large download stands in a file and is the same", "[label]") {
  Spool spool(10);
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    spool.write(std::to_string(i));
    all += std::to_string(i);
  }
  http::Response response;
  spool.hand_over(response);
  REQUIRE(response.file);
  CHECK(response.file->bytes() == all.size());
  CHECK(body_of(response) == all);
}

TEST_CASE("what is no zip or is damaged is refused", "[label]") {
  const std::string zip = zip_of({{"a.png", "content of the first"}, {"b.png", "content of the second"}});
  for (const std::string& bad : {std::string(), std::string("PK"), std::string("nonsense"), "x" + zip,
                                 zip.substr(0, zip.size() - 30), zip.substr(zip.size() / 2)}) {
    require_error(ErrorCode::InvalidArgument, "zip", [&] { unpack(bad); });
  }
}

TEST_CASE("a zip over a limit is refused with the limit's name", "[label]") {
  const std::string zip = zip_of({{"a", "12345"}, {"b", "12345"}, {"c", "12345"}});
  UploadLimits members;
  members.max_members = 2;
  require_error(ErrorCode::ResourceExhausted, "2 members", [&] { unpack(zip, members); });
  UploadLimits total;
  total.max_total_bytes = 12;
  require_error(ErrorCode::ResourceExhausted, "12 bytes", [&] { unpack(zip, total); });
  UploadLimits member;
  member.max_member_bytes = 4;
  CHECK(unpack(zip, member).refused.size() == 3);
  // A bomb: 30 MB out of some 30 KB.
  const std::string bomb = zip_of({{"a", std::string(std::size_t{30} << 20, '\0')}}, ZipWriter::Packing::Deflated);
  require_error(ErrorCode::ResourceExhausted, "times as large", [&] { unpack(bomb); });
}

TEST_CASE("links in a zip are refused", "[label]") {
  std::string bytes(std::size_t{1} << 16, '\0');
  std::size_t used = 0;
  archive* const writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, "a.png");
  archive_entry_set_filetype(entry, AE_IFLNK);
  archive_entry_set_symlink(entry, "/etc/passwd");
  archive_write_header(writer, entry);
  archive_entry_free(entry);
  archive_write_free(writer);
  const Unpacked unpacked = unpack(bytes.substr(0, used));
  CHECK(unpacked.content.empty());
  REQUIRE(unpacked.refused.size() == 1);
  CHECK(contains(unpacked.refused[0].second, "no plain file"));
}

class Porting : public Site {
 public:
  Porting() { open(); }
  ordered_json send(const std::string& name, const std::string& body, const std::string& type) {
    Question question;
    question.method = "POST";
    question.path = "/api/import";
    if (!name.empty()) question.query = {{"name", name}};
    question.body = body;
    question.type = type;
    question.headers = {{"X-Annotator", "anna"}};
    const http::Response answer = ask(question);
    return answer.status == 200 ? json_in(answer)["results"] : ordered_json(answer.status);
  }
  ordered_json send_zip(const Members& members) { return send("", zip_of(members), "application/zip"); }
  std::string export_as(const std::string& format, std::vector<std::pair<std::string, std::string>> query = {}) {
    query.emplace_back("format", format);
    const http::Response answer = get("/api/export", query);
    REQUIRE(answer.status == 200);
    return body_of(answer);
  }
};

ordered_json items_of(const Site& site) {
  return json_in(site.get("/api/items"))["items"];
}

TEST_CASE("an image comes in by its name's last part, once", "[label]") {
  Porting site;
  CHECK(site.send("../../x/cat.9.png", picture("1"), "image/png")[0].dump() ==
        R"({"name":"../../x/cat.9.png","status":"imported","as":"cat.9.png","message":null})");
  CHECK(site.send("other.png", picture("1"), "image/png")[0]["status"] == "duplicate");
  CHECK(site.send("other.png", picture("1"), "image/png")[0]["as"] == "cat.9.png");
  CHECK(site.send("cat.9.png", picture("2"), "image/png")[0]["as"] == "cat.9-2.png");
  CHECK(site.send("evil.png", "<svg onload='alert(1)'/>", "image/png")[0]["status"] == "refused");
  CHECK(site.send("", picture("3"), "image/png") == 400);
  CHECK(json_in(site.get("/api/items"))["total"] == 2);
}

TEST_CASE("a zip brings images with labels from folders and annotations", "[label]") {
  Porting site;
  const ordered_json results =
      site.send_zip({{"set/CAT/1.png", picture("1")},
                     {"set/dog/2.png", picture("2")},
                     {"set/3.png", picture("3")},
                     {"4.png", picture("4")},
                     {"annotations/4.json", R"({"label": "DOG", "source": "auto", "score": 0.9, "version": 2})"},
                     {"5.png", picture("5")},
                     {"annotations/5.json", R"({"label": "CAT", "source": "manual", "score": 0.9, "version": 2})"},
                     {"bad.png", "nothing"},
                     {"annotations/6.json", "{"},
                     {"__MACOSX/1.png", picture("m")},
                     {"readme.txt", "read me"},
                     {".hidden.png", picture("h")}});
  std::map<std::string, std::string> status;
  for (const ordered_json& result : results)
    status[result["name"].get<std::string>()] = result["status"].get<std::string>();
  CHECK(status == std::map<std::string, std::string>{{"set/CAT/1.png", "imported"},
                                                     {"set/dog/2.png", "imported"},
                                                     {"set/3.png", "imported"},
                                                     {"4.png", "imported"},
                                                     {"5.png", "imported"},
                                                     {"bad.png", "refused"},
                                                     {"annotations/6.json", "refused"}});
  CHECK(site.files.item("1.png").label == "CAT");
  CHECK(site.files.item("2.png").label == "DOG");
  CHECK(site.files.item("3.png").label.empty());
  CHECK(site.files.annotation("4.json") == R"({"label": "DOG", "source": "auto", "score": 0.9, "version": 2})");
  const label::Item manual = site.files.item("5.png");
  CHECK(manual.label == "CAT");
  CHECK(manual.source == "manual");
  CHECK(site.send("", "no zip", "application/zip") == 400);
}

TEST_CASE("two images of one stem keep two annotations through export and import", "[label]") {
  Porting site;
  site.send_zip({{"CAT/a.png", picture("1")}, {"DOG/a.jpg", picture("2")}});
  const std::string zip = site.export_as("json", {{"images", "true"}});
  Porting other;
  other.send("", zip, "application/zip");
  std::map<std::string, std::string> labels;
  for (const ordered_json& item : items_of(other))
    labels[item["name"].get<std::string>()] = item["label"].get<std::string>();
  CHECK(labels == std::map<std::string, std::string>{{"a.jpg", "DOG"}, {"a.png", "CAT"}});
  CHECK(contains(other.files.annotation("a.json"), "CAT"));
  CHECK(contains(other.files.annotation("a.jpg.json"), "DOG"));
}

class Labelled : public Porting {
 public:
  Labelled() {
    send_zip({{"CAT/1.png", picture("1")}, {"DOG/2 \"x\",y.png", picture("2")}, {"3.png", picture("3")}});
    const std::vector<std::pair<std::string, Prediction>> told = {{"1.png", {"DOG", 0.75, 4}}};
    store().remember_predictions(told);
  }
};

TEST_CASE("CSV and JSON lines hold every labelled item with all that is known", "[label]") {
  Labelled site;
  const std::string csv = site.export_as("csv");
  CHECK(contains(csv, "1.png,labelled,CAT,manual,,,anna,"));
  CHECK(contains(csv, ",DOG,0.75,4\r\n"));
  CHECK(contains(csv, "\"2 \"\"x\"\",y.png\",labelled,DOG"));
  CHECK_FALSE(contains(csv, "3.png"));
  const std::string lines = site.export_as("jsonl", {{"state", "labelled,unlabelled"}});
  std::size_t count = 0;
  for (const std::string& line : std::vector{lines.substr(0, lines.find('\n'))}) {
    CHECK(ordered_json::parse(line)["name"] == "1.png");
    ++count;
  }
  CHECK(count == 1);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
}

TEST_CASE("Label Studio's tasks name image, choice and the model's own score", "[label]") {
  Labelled site;
  const ordered_json tasks = ordered_json::parse(site.export_as("label-studio"));
  REQUIRE(tasks.size() == 2);
  CHECK(tasks[0]["data"]["image"] == "/data/local-files/?d=frames/1.png");
  CHECK(tasks[1]["data"]["image"] == "/data/local-files/?d=frames/2%20%22x%22%2Cy.png");
  CHECK(tasks[0]["annotations"][0]["result"][0]["value"]["choices"][0] == "CAT");
  CHECK(tasks[0]["predictions"][0]["score"] == 0.75);
  CHECK(tasks[0]["predictions"][0]["model_version"] == "4");
}

TEST_CASE("the zips hold what their formats say", "[label]") {
  Labelled site;
  const auto names = [](const Unpacked& unpacked) {
    std::vector<std::string> found;
    for (const auto& [name, content] : unpacked.content) found.push_back(name);
    return found;
  };
  CHECK(names(unpack(site.export_as("imagefolder"))) == std::vector<std::string>{"CAT/1.png", "DOG/2 \"x\",y.png"});
  CHECK(names(unpack(site.export_as("json"))) ==
        std::vector<std::string>{"annotations/1.json", "annotations/2 \"x\",y.json"});
  const Unpacked faces = unpack(site.export_as("huggingface"));
  CHECK(names(faces) == std::vector<std::string>{"1.png", "2 \"x\",y.png", "metadata.jsonl"});
  CHECK(faces.content[0].second == picture("1"));
  const std::string& metadata = faces.content[2].second;
  CHECK(ordered_json::parse(metadata.substr(0, metadata.find('\n')))["file_name"] == "1.png");
  CHECK(site.get("/api/export", {{"format", "xml"}}).status == 400);
  CHECK(site.get("/api/export", {{"format", "csv"}, {"state", "x"}}).status == 400);
}

TEST_CASE("what is exported and imported anew is the same labels", "[label]") {
  Labelled site;
  site.change({{"key", "12345678"},
               {"name", "3.png"},
               {"revision", 0},
               {"action", "label"},
               {"label", "CAT"},
               {"shown", {{"label", "CAT"}, {"score", 0.125}, {"version", 7}}}});
  for (const char* format : {"json", "imagefolder"}) {
    INFO(format);
    Porting other;
    other.send("", site.export_as(format, {{"images", "true"}}), "application/zip");
    const auto known = [&](Porting& from) {
      std::vector<std::string> lines;
      for (const ordered_json& item : items_of(from)) {
        std::string line = item["name"].get<std::string>() + " " + item["label"].get<std::string>();
        if (std::string(format) == "json")
          line += item["source"].dump() + item["score"].dump() + item["version"].dump();
        lines.push_back(line);
      }
      return lines;
    };
    CHECK(known(other) == known(site));
  }
}

}  // namespace
}  // namespace animalctl::test
