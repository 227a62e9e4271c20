// The calls that read and change labels, the seed's among them.
#include "label/server/site_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using nlohmann::ordered_json;

class Labelling : public Site {
 public:
  Labelling() {
    for (const char* name : {"a.png", "b.png", "c.png"}) files.add_frame(name, picture(name));
    open();
  }
  ordered_json label(const char* name, int revision, const char* with, const char* key, const char* who = "anna") {
    return change({{"key", key}, {"name", name}, {"revision", revision}, {"action", "label"}, {"label", with}},
                  {{"X-Annotator", who}});
  }
  http::Response undo(const char* key, const char* who = "anna") {
    return post("/api/undo", {{"key", key}}, {{"X-Annotator", who}});
  }
  http::Response seed(const ordered_json& body, const char* who = "") {
    return post("/label", body, *who == '\0' ? http::Headers{} : http::Headers{{"X-Annotator", who}});
  }
};

TEST_CASE("a session tells who asks and what there is", "[label]") {
  const Labelling site;
  const ordered_json session = json_in(site.get("/api/session"));
  CHECK(session["annotator"] == "");
  CHECK(session["role"] == "admin");
  CHECK(session["classes"] == ordered_json({"CAT", "DOG"}));
  CHECK(session["predictions"] == "off");
  CHECK(session["blind_share"] == 0.05);
  CHECK(session["named"] == false);
}

TEST_CASE("a label is saved with who, what was shown and how long it took", "[label]") {
  Labelling site;
  const ordered_json result = site.change({{"key", "12345678"},
                                           {"name", "a.png"},
                                           {"revision", 0},
                                           {"action", "label"},
                                           {"label", "cat"},
                                           {"shown", {{"label", "DOG"}, {"score", 0.9}, {"version", 2}}},
                                           {"milliseconds", 812}},
                                          {{"X-Annotator", "anna"}});
  CHECK(result["status"] == 200);
  CHECK(result["item"]["label"] == "CAT");
  CHECK(result["item"]["annotator"] == "anna");
  CHECK(result["item"]["revision"] == 1);
  const ordered_json item = json_in(site.get("/api/items/a.png"));
  REQUIRE(item["history"].size() == 1);
  CHECK(item["history"][0]["shown"].dump() == R"({"label":"DOG","score":0.9,"version":2})");
  CHECK(item["history"][0]["milliseconds"] == 812);
  CHECK(item["history"][0]["source"] == "page");
  CHECK(site.get("/api/items/none.png").status == 404);
}

TEST_CASE("two people who change one image: the second is told how it is now", "[label]") {
  Labelling site;
  CHECK(site.label("a.png", 0, "CAT", "anna-key")["status"] == 200);
  const ordered_json late = site.label("a.png", 0, "DOG", "bert-key", "bert");
  CHECK(late["status"] == 409);
  CHECK(late["item"]["label"] == "CAT");
  CHECK(late["item"]["revision"] == 1);
  CHECK(site.label("a.png", 1, "DOG", "bert-key-2", "bert")["status"] == 200);
}

TEST_CASE("a repeated key gives the first answer again and changes nothing", "[label]") {
  Labelling site;
  const ordered_json first = site.label("a.png", 0, "CAT", "one-key-1");
  CHECK(site.label("a.png", 0, "CAT", "one-key-1") == first);
  CHECK(site.label("a.png", 1, "DOG", "one-key-1")["item"]["label"] == "CAT");
  CHECK(json_in(site.get("/api/history"))["events"].size() == 1);
}

TEST_CASE("changes that are wrong are told one by one", "[label]") {
  Labelling site;
  const ordered_json changes = {
      {{"key", "key-0001"}, {"name", "none.png"}, {"revision", 0}, {"action", "skip"}},
      {{"key", "key-0002"}, {"name", "a.png"}, {"revision", 0}, {"action", "label"}, {"label", "COW"}},
      {{"key", "key-0003"}, {"name", "a.png"}, {"revision", 0}, {"action", "fly"}},
      {{"key", "key-0004"}, {"name", "b.png"}, {"revision", 0}, {"action", "skip"}},
      {{"key", "key-0005"}, {"name", "c.png"}, {"revision", 0}, {"action", "restore"}},
  };
  const ordered_json results = json_in(site.post("/api/labels", {{"changes", changes}}))["results"];
  CHECK(results[0]["status"] == 404);
  CHECK(results[1]["status"] == 400);
  CHECK(contains(results[1]["message"].get<std::string>(), "COW"));
  CHECK(results[2]["status"] == 400);
  CHECK(results[3]["status"] == 200);
  CHECK(results[3]["item"]["state"] == "skipped");
  CHECK(results[4]["status"] == 400);
  CHECK(site.post("/api/labels", ordered_json::object()).status == 400);
}

TEST_CASE("undo takes back one's own newest change and says what it was", "[label]") {
  Labelling site;
  CHECK(site.undo("undo-key-0").status == 404);
  site.label("a.png", 0, "CAT", "key-anna-1");
  site.label("b.png", 0, "DOG", "key-bert-1", "bert");
  const ordered_json undone = json_in(site.undo("undo-key-1"));
  CHECK(undone["item"]["name"] == "a.png");
  CHECK(undone["item"]["state"] == "unlabelled");
  CHECK(undone["undone"]["label"] == "CAT");
  CHECK(json_in(site.undo("undo-key-1")) == undone);
  CHECK(site.undo("undo-key-2").status == 404);
  site.label("b.png", 1, "CAT", "key-anna-2");
  const http::Response changed = site.undo("undo-key-3", "bert");
  CHECK(changed.status == 409);
  CHECK(json_in(changed)["item"]["label"] == "CAT");
  CHECK(site.post("/api/undo", {{"key", "short"}}).status == 400);
}

TEST_CASE("what is rejected goes to the trash and comes back whole", "[label]") {
  Labelling site;
  site.label("a.png", 0, "CAT", "key-anna-1");
  CHECK(
      site.change({{"key", "key-00000"}, {"name", "a.png"}, {"revision", 1}, {"action", "reject"}})["item"]["state"] ==
      "rejected");
  CHECK_FALSE(site.files.has("frames/a.png"));
  CHECK(json_in(site.get("/api/items"))["total"] == 2);
  CHECK(json_in(site.get("/api/items", {{"state", "rejected"}}))["items"][0]["name"] == "a.png");
  CHECK(body_of(site.get("/files/a.png")) == picture("a.png"));
  CHECK(site.change({{"key", "key-00001"}, {"name", "a.png"}, {"revision", 2}, {"action", "restore"}})["status"] ==
        200);
  CHECK(site.files.has("frames/a.png"));
}

TEST_CASE("items come in pages, and a query that is not understood is told", "[label]") {
  Labelling site;
  const ordered_json first = json_in(site.get("/api/items", {{"limit", "2"}}));
  CHECK(first["total"] == 3);
  REQUIRE(first["items"].size() == 2);
  const ordered_json rest =
      json_in(site.get("/api/items", {{"limit", "2"}, {"cursor", first["next"].get<std::string>()}}));
  REQUIRE(rest["items"].size() == 1);
  CHECK(rest["items"][0]["name"] == "c.png");
  CHECK(rest["next"].is_null());
  CHECK(site.get("/api/items", {{"sort", "size"}}).status == 400);
  CHECK(site.get("/api/items", {{"cursor", "nonsense"}}).status == 400);
  CHECK(site.get("/api/items", {{"filter", "x"}}).status == 400);
}

TEST_CASE("a tab that asks what changed is told so", "[label]") {
  Labelling site;
  const std::string since = json_in(site.get("/api/changes"))["sequence"].dump();
  site.label("a.png", 0, "CAT", "key-anna-1");
  const ordered_json changes = json_in(site.get("/api/changes", {{"since", since}}));
  REQUIRE(changes["items"].size() == 1);
  CHECK(changes["items"][0]["label"] == "CAT");
  CHECK(changes["more"] == false);
  CHECK(json_in(site.get("/api/changes", {{"since", "1"}}))["forgotten"] == true);
  CHECK(site.get("/api/changes", {{"since", "x"}}).status == 400);
}

TEST_CASE("figures and history are told", "[label]") {
  Labelling site;
  site.label("a.png", 0, "CAT", "key-anna-1");
  site.label("a.png", 1, "DOG", "key-bert-1", "bert");
  const ordered_json progress = json_in(site.get("/api/progress"));
  CHECK(progress["total"] == 3);
  CHECK(progress["labelled"] == 1);
  CHECK(progress["by_label"]["DOG"] == 1);
  const ordered_json pairs = json_in(site.get("/api/agreement"))["pairs"];
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0]["items"] == 1);
  CHECK(pairs[0]["agree"] == 0);
  const ordered_json newest = json_in(site.get("/api/history", {{"limit", "1"}}));
  CHECK(newest["events"][0]["annotator"] == "bert");
  const ordered_json older = json_in(site.get("/api/history", {{"limit", "1"}, {"before", newest["next"].dump()}}));
  CHECK(older["events"][0]["annotator"] == "anna");
  CHECK(json_in(site.get("/api/history", {{"annotator", "anna"}}))["events"].size() == 1);
  CHECK(site.get("/api/history", {{"limit", "0"}}).status == 400);
}

TEST_CASE("without a model nothing is predicted and nothing fails", "[label]") {
  const Labelling site;
  const ordered_json items = json_in(site.post("/api/predictions", {{"names", {"a.png", "none.png"}}}))["items"];
  REQUIRE(items.size() == 1);
  CHECK(items[0]["prediction"].is_null());
}

TEST_CASE("the seed's list holds what has no label, by name", "[label]") {
  Labelling site;
  CHECK(site.get("/filelist").body == R"(["a.png","b.png","c.png"])");
  site.label("b.png", 0, "CAT", "key-anna-1");
  CHECK(site.get("/filelist").body == R"(["a.png","c.png"])");
}

TEST_CASE("the seed's label is auto when the model's label was kept, and manual otherwise", "[label]") {
  Labelling site;
  CHECK(site.seed({{"label", "DOG"}, {"filename", "a.png"}, {"score", 0.93}, {"version", 0}}).body ==
        R"({"status":"success"})");
  CHECK(site.files.annotation("a.json") == R"({"label": "DOG", "source": "auto", "score": 0.93, "version": 0})");
  CHECK(site.seed({{"label", "CAT"}, {"filename", "b.png"}, {"score", 0.93}, {"version", 2}}).status == 200);
  const label::Item overridden = site.files.item("b.png");
  CHECK(overridden.source == "manual");
  CHECK(site.seed({{"label", "CAT"}, {"filename", "c.png"}}).status == 200);
  CHECK(site.files.annotation("c.json") == R"({"label": "CAT", "source": "manual", "score": null, "version": null})");
}

TEST_CASE("a double press of the seed's page is one label", "[label]") {
  Labelling site;
  for (int i = 0; i < 3; ++i) CHECK(site.seed({{"label", "CAT"}, {"filename", "a.png"}}).status == 200);
  CHECK(json_in(site.get("/api/history"))["events"].size() == 1);
  for (int i = 0; i < 2; ++i) CHECK(site.seed({{"label", "REJECT"}, {"filename", "a.png"}}).status == 200);
  CHECK(site.files.item("a.png").state == label::ItemState::Rejected);
  CHECK(json_in(site.get("/api/history"))["events"].size() == 2);
}

TEST_CASE("the seed's label names an image of the index or nothing", "[label]") {
  Labelling site;
  for (const char* name : {"../a.png", "..", "/etc/passwd", "none.png", "frames/a.png", "./a.png", ".", "a.png/"}) {
    INFO(name);
    CHECK(site.seed({{"label", "REJECT"}, {"filename", name}}).status == 404);
    CHECK(site.seed({{"label", "CAT"}, {"filename", name}}).status == 404);
  }
  CHECK(site.seed({{"label", "COW"}, {"filename", "a.png"}}).status == 400);
  CHECK(site.seed({{"label", "../../x"}, {"filename", "a.png"}}).status == 400);
  CHECK(site.seed({{"label", "CAT"}}).status == 400);
  CHECK(site.post("/label", std::string("{")).status == 400);
  for (const char* name : {"a.png", "b.png", "c.png"}) CHECK(site.files.has(std::string("frames/") + name));
}

TEST_CASE("images are sent as images, and what is none is not sent", "[label]") {
  Site site;
  site.files.add_frame("a.png", picture("x"));
  site.files.add_frame("b.jpg", "<html><script>alert(1)</script>");
  site.files.add_frame("c.png", "<svg xmlns='http://www.w3.org/2000/svg'/>");
  site.files.add_frame("big.jpg", "\xFF\xD8\xFF" + std::string(100'000, 'x'));
  site.files.add_frame("w.webp", "RIFF....WEBPVP8 ");
  site.files.add_frame("m.bmp", std::string("BM\x10\0\0\0\0\0\0\0\x1A\0\0\0", 14));
  site.files.add_frame("t.bmp", "BM is how this text begins");
  site.open();
  const std::vector<std::pair<const char*, const char*>> types = {
      {"a.png", "image/png"}, {"big.jpg", "image/jpeg"}, {"w.webp", "image/webp"}, {"m.bmp", "image/bmp"}};
  for (const auto& [name, type] : types) {
    INFO(name);
    const http::Response answer = site.get(std::string("/files/") + name);
    CHECK(answer.status == 200);
    CHECK(answer.content_type == type);
    CHECK(http::find_header(answer.headers, "Content-Security-Policy") == "default-src 'none'; sandbox");
    const std::string etag = http::find_header(answer.headers, "ETag").value();
    Site::Question again;
    again.path = std::string("/files/") + name;
    again.headers = {{"If-None-Match", "\"x\", W/" + etag}};
    CHECK(site.ask(again).status == 304);
    again.headers = {{"If-None-Match", "\"x\""}};
    CHECK(site.ask(again).status == 200);
  }
  CHECK(body_of(site.get("/files/big.jpg")).size() == 100'003);
  for (const char* name : {"b.jpg", "c.png", "t.bmp"}) {
    INFO(name);
    CHECK(site.get(std::string("/files/") + name).status == 415);
    CHECK(site.get(std::string("/thumbnails/") + name).status == 415);
  }
}

}  // namespace
}  // namespace animalctl::test
