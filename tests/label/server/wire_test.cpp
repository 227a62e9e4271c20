// What goes over the wire: names, items, changes, the query's text.
#include <cmath>

#include <nlohmann/json.hpp>

#include "label/server/change_json.h"
#include "label/server/item_json.h"
#include "label/server/item_query_text.h"
#include "label/server/wire_name.h"
#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

using namespace label;
using nlohmann::ordered_json;

TEST_CASE("every name of a file goes over the wire and comes back", "[label]") {
  for (const std::string name : {"cat.1.jpg", "a #?%'\"<>&.png", "\xF0\x9F\x90\xB1.jpg", "\xFF\xFE.png",
                                 "hex:", "hex:6162", "hex:6", "line\nend.png", "", "a\\b.png"}) {
    INFO(name);
    CHECK(file_name_of(wire_name(name)) == name);
    CHECK(ordered_json(wire_name(name)).dump().size() >= 2);
  }
  CHECK(wire_name("cat.1.jpg") == "cat.1.jpg");
  CHECK(wire_name("\xFF.png") == "hex:ff2e706e67");
  // What wire_name() cannot have made is a name as it stands.
  CHECK(file_name_of("hex:zz") == "hex:zz");
  CHECK(file_name_of("hex:FF") == "hex:FF");
}

TEST_CASE("an item is written with null for what is not known", "[label]") {
  Item item;
  item.name = "a.png";
  item.bytes = 7;
  CHECK(to_json(item).dump() ==
        R"({"name":"a.png","revision":0,"state":"unlabelled","label":null,"source":null,"score":null,"version":null,)"
        R"("annotator":null,"labelled_at":null,"prediction":null,"bytes":7,"modified_at":"1970-01-01T00:00:00.000Z",)"
        R"("drift":null})");
  item.state = ItemState::Labelled;
  item.label = "CAT";
  item.source = "manual";
  item.score = 0.93;
  item.version = 2;
  item.annotator = "anna";
  item.labelled_at = Time(std::chrono::milliseconds(1));
  item.prediction = Prediction{"DOG", 0.93, -1};
  const ordered_json parsed = to_json(item);
  CHECK(parsed["labelled_at"] == "1970-01-01T00:00:00.001Z");
  CHECK(parsed["prediction"].dump() == R"({"label":"DOG","score":0.93,"version":null})");
}

TEST_CASE("the list of names is JSON whatever the names are", "[label]") {
  const std::vector<std::string> names = {"a.png", "q\"b.png", "back\\slash", "\xC3\xA4.png",
                                          "\xFF",  "hex:00",   "\x7F",        "\n"};
  const ordered_json parsed = ordered_json::parse(names_json(names));
  REQUIRE(parsed.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(file_name_of(parsed[i].get<std::string>()) == names[i]);
  CHECK(names_json({}) == "[]");
}

const char* const kGood = R"({"changes":[{"key":"12345678","name":"a.png","revision":3,"action":"label","label":"DOG",
  "shown":{"label":"DOG","score":0.5,"version":2},"blind":true,"milliseconds":812}]})";

TEST_CASE("changes are read with everything that was said", "[label]") {
  const std::vector<ParsedChange> changes = parse_changes(kGood);
  REQUIRE(changes.size() == 1);
  const auto& change = std::get<Change>(changes[0]);
  CHECK(change.key == "12345678");
  CHECK(change.name == "a.png");
  CHECK(change.revision == 3U);
  CHECK(change.action == Action::Label);
  CHECK(change.label == "DOG");
  CHECK(change.shown == Prediction{"DOG", 0.5, 2});
  CHECK(change.blind);
  CHECK(change.milliseconds == 812U);
}

TEST_CASE("a change that is wrong spoils no other and says what is wrong", "[label]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"(7)", "no object"},
      {R"({"name":"a","revision":0,"action":"skip"})", "\"key\""},
      {R"({"key":"short","name":"a","revision":0,"action":"skip"})", "8 to 64"},
      {R"({"key":"bad key!","name":"a","revision":0,"action":"skip"})", "8 to 64"},
      {R"({"key":"12345678","revision":0,"action":"skip"})", "\"name\""},
      {R"({"key":"12345678","name":"","revision":0,"action":"skip"})", "\"name\" is empty"},
      {R"({"key":"12345678","name":"a","action":"skip"})", "\"revision\" is missing"},
      {R"({"key":"12345678","name":"a","revision":-1,"action":"skip"})", "\"revision\""},
      {R"({"key":"12345678","name":"a","revision":1.5,"action":"skip"})", "\"revision\""},
      {R"({"key":"12345678","name":"a","revision":0,"action":"delete"})", "no action"},
      {R"({"key":"12345678","name":"a","revision":0,"action":"label"})", "\"label\""},
      {R"({"key":"12345678","name":"a","revision":0,"action":"skip","shown":7})", "\"shown\""},
      {R"({"key":"12345678","name":"a","revision":0,"action":"skip","shown":{"label":"A","score":2}})", "\"score\""},
      {R"({"key":"12345678","name":"a","revision":0,"action":"skip","blind":"yes"})", "\"blind\""},
      {R"({"key":"12345678","name":"a","revision":0,"action":"skip","milliseconds":4294967296})", "\"milliseconds\""},
  };
  for (const auto& [text, why] : cases) {
    INFO(text);
    const auto changes = parse_changes(std::string(R"({"changes":[)") + text +
                                       R"(,{"key":"12345678","name":"a","revision":0,"action":"skip"}]})");
    REQUIRE(changes.size() == 2);
    REQUIRE(std::holds_alternative<std::string>(changes[0]));
    CHECK(contains(std::get<std::string>(changes[0]), why));
    CHECK(std::holds_alternative<Change>(changes[1]));
  }
}

TEST_CASE("a body of another form is refused as a whole", "[label]") {
  for (const char* body :
       {"", "[]", "{}", "{\"changes\":[]}", "{\"changes\":{}}", "{\"changes\":[}", "nonsense", "\xFF"}) {
    INFO(body);
    require_error(ErrorCode::InvalidArgument, "", [&] { parse_changes(body); });
  }
  std::string many = "{\"changes\":[0";
  for (int i = 0; i < 1000; ++i) many += ",0";
  require_error(ErrorCode::InvalidArgument, "1 to 1000", [&] { parse_changes(many + "]}"); });
  require_error(ErrorCode::InvalidArgument, "nested", [&] { parse_changes(std::string(100'000, '[')); });
}

TEST_CASE("the seed's label is read with score and version absent or null", "[label]") {
  const SeedLabel full = parse_seed_label(R"({"label":"CAT","filename":"a.png","score":0.25,"version":0})");
  CHECK(full.label == "CAT");
  CHECK(full.filename == "a.png");
  CHECK(full.score == 0.25);
  CHECK(full.version == 0);
  const SeedLabel bare = parse_seed_label(R"({"label":"CAT","filename":"a.png","score":null})");
  CHECK_FALSE(bare.score);
  CHECK_FALSE(bare.version);
  for (const char* body :
       {"7", R"({"label":"CAT"})", R"({"filename":"a"})", R"({"label":7,"filename":"a"})",
        R"({"label":"","filename":"a"})", R"({"label":"CAT","filename":"a","score":"0.5"})",
        R"({"label":"CAT","filename":"a","score":1.5})", R"({"label":"CAT","filename":"a","version":-1})",
        R"({"label":"CAT","filename":"a","version":3000000000})"}) {
    INFO(body);
    require_error(ErrorCode::InvalidArgument, "", [&] { parse_seed_label(body); });
  }
}

TEST_CASE("keys of undo and names to predict are read, and nothing else", "[label]") {
  CHECK(parse_undo_key(R"({"key":"abcdefgh"})") == "abcdefgh");
  require_error(ErrorCode::InvalidArgument, "key", [] { parse_undo_key("{}"); });
  CHECK(parse_names(R"({"names":["a.png","hex:ff"]})") == std::vector<std::string>{"a.png", "\xFF"});
  CHECK(parse_names(R"({"names":[]})").empty());
  require_error(ErrorCode::InvalidArgument, "names", [] { parse_names(R"({"names":"a"})"); });
  require_error(ErrorCode::InvalidArgument, "no text", [] { parse_names(R"({"names":[1]})"); });
  std::string many = R"({"names":[""])";
  many.pop_back();
  for (int i = 0; i < 64; ++i) many += R"(,"")";
  require_error(ErrorCode::InvalidArgument, "64", [&] { parse_names(many + "]}"); });
}

TEST_CASE("a query's text becomes filter, order and page", "[label]") {
  const ItemQuery query = parse_item_query({{"state", "unlabelled,rejected"},
                                            {"label", "CAT,DOG"},
                                            {"source", "manual"},
                                            {"version", "2"},
                                            {"score", "0.2..0.8"},
                                            {"disagree", "true"},
                                            {"annotator", "anna"},
                                            {"from", "1970-01-01T00:00:01Z"},
                                            {"to", "1970-01-01T00:00:02Z"},
                                            {"name", "cat"},
                                            {"sort", "random"},
                                            {"seed", "18446744073709551615"},
                                            {"limit", "1000"},
                                            {"cursor", "c"}});
  CHECK(query.filter.states == std::vector{ItemState::Unlabelled, ItemState::Rejected});
  CHECK(query.filter.labels == std::vector<std::string>{"CAT", "DOG"});
  CHECK(query.filter.sources == std::vector<std::string>{"manual"});
  CHECK(query.filter.version == 2);
  CHECK(query.filter.lowest_score == 0.2);
  CHECK(query.filter.highest_score == 0.8);
  CHECK(query.filter.disagree);
  CHECK(query.filter.annotator == "anna");
  CHECK(query.filter.from == Time(std::chrono::seconds(1)));
  CHECK(query.filter.to == Time(std::chrono::seconds(2)));
  CHECK(query.filter.name_part == "cat");
  CHECK(query.order == ItemOrder::Random);
  CHECK(query.seed == 18446744073709551615U);
  CHECK(query.limit == 1000);
  CHECK(query.cursor == "c");
  // A key without a value asks for nothing.
  CHECK(parse_item_query({{"label", ""}, {"limit", ""}}).limit == 100);
  CHECK(parse_item_query({{"format", "csv"}}, {"format"}).filter.states.empty());
}

TEST_CASE("a query that is not understood is refused with what is accepted", "[label]") {
  const std::vector<std::pair<std::pair<std::string, std::string>, const char*>> cases = {
      {{"state", "done"}, "unlabelled"},
      {{"version", "x"}, "whole number"},
      {{"version", "-1"}, "whole number"},
      {{"score", "0.5"}, "range"},
      {{"score", "0.5.."}, "range"},
      {{"score", "0..2"}, "range"},
      {{"score", "nan..1"}, "range"},
      {{"score", "0x1..1"}, "range"},
      {{"disagree", "yes"}, "true or false"},
      {{"from", "yesterday"}, "RFC 3339"},
      {{"to", "2026"}, "RFC 3339"},
      {{"sort", "size"}, "uncertain"},
      {{"seed", "1.5"}, "whole number"},
      {{"limit", "0"}, "1 to 1000"},
      {{"limit", "1001"}, "1 to 1000"},
      {{"lable", "CAT"}, "labelling-api"},
      {{"limit", "99999999999999999999"}, "whole number"}};
  for (const auto& [pair, accepted] : cases) {
    INFO(pair.first << '=' << pair.second);
    require_error(ErrorCode::InvalidArgument, accepted, [&] { parse_item_query({pair}); });
  }
  std::string many = "a";
  for (int i = 0; i < 64; ++i) many += ",a";
  require_error(ErrorCode::InvalidArgument, "too many", [&] { parse_item_query({{"label", many}}); });
}

}  // namespace
}  // namespace animalctl::test
