// Pickles that torch.save would not write: each is refused, and none takes much time or memory.
#include <string>

#include "animalctl/checkpoint/field.h"
#include "checkpoint/crafted_file.h"
#include "support/catch_compat.h"

namespace animalctl::checkpoint {
namespace {

using test::parse_pickle;
using test::pickled;
using test::require_error;

using namespace std::string_literals;

void require_damaged(std::string_view part, const std::string& pickle) {
  require_error(ErrorCode::DataLoss, part, [&] { parse_pickle(pickle); });
}

TEST_CASE("Opcodes that Python's picklers use now and then are read") {
  const Value one(1);
  CHECK(parse_pickle("K\x01.") == one);
  CHECK(parse_pickle("\x80\x04\x95\x03\0\0\0\0\0\0\0K\x01."s) == one);
  CHECK(parse_pickle("K\x01K\x02"
                     "0.") == one);
  CHECK(parse_pickle("K\x01(K\x02K\x03"
                     "1.") == one);
  CHECK(parse_pickle("K\x01(0.") == one);
  CHECK(parse_pickle("K\x01"
                     "2\x86.") == Value(Tuple{{1, 1}}));
  CHECK(parse_pickle("(K\x01K\x02l.") == Value(List{{1, 2}}));
  CHECK(parse_pickle("]K\x01"
                     "a.") == Value(List{{1}}));
  Dict dict;
  dict.set(1, 2);
  CHECK(parse_pickle("(K\x01K\x02"
                     "d.") == Value(dict));
  CHECK(parse_pickle("}K\x01K\x02s.") == Value(dict));
  CHECK(parse_pickle("U\x01"
                     "a.") == Value("a"));
  CHECK(parse_pickle("T\x01\0\0\0a."s) == Value("a"));
  CHECK(parse_pickle("\x8C\x01"
                     "a\x94"
                     "0h\0."s) == Value("a"));
  CHECK(parse_pickle("\x8D\x01\0\0\0\0\0\0\0a."s) == Value("a"));
  CHECK(parse_pickle("K\x05r\x10\0\0\0"
                     "0j\x10\0\0\0."s) == Value(5));
  CHECK(parse_pickle("\x8A\0."s) == Value(0));
  CHECK(parse_pickle("\x8A\x01\xFF.") == Value(-1));
  CHECK(parse_pickle("\x8A\x09\x01\0\0\0\0\0\0\0\0."s) == one);
  CHECK(parse_pickle("\x8B\x02\0\0\0\0\x01."s) == Value(256));
  CHECK(parse_pickle("\x8C\x05torch\x8C\x04Size\x93K\x02\x85\x85R.") == Value(Tuple{{2}}));
  CHECK(parse_pickle("ccollections\nOrderedDict\n)\x81.").get_if<Dict>()->ordered);
  CHECK(parse_pickle("ctorch\ndevice\nX\x03\0\0\0cpu\x85R."s) == Value("cpu"));
}

TEST_CASE("Pickles that do not add up are refused") {
  require_damaged("ends in the middle", "");
  require_damaged("ends in the middle", "K");
  require_damaged("ends in the middle", "X\xFF\xFF\xFF\xFFgone");
  require_damaged("ends in the middle", "\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF.");
  require_damaged("ends in the middle", "cos");
  require_damaged("ends in the middle", "G\x01");
  require_damaged("empty stack", ".");
  require_damaged("empty stack", "K\x01(.");
  require_damaged("empty stack", "(\x85.");
  require_damaged("empty stack", "q\x01.");
  require_damaged("closes a group that was not opened", "t.");
  require_damaged("recalls object 9", "h\x09.");
  require_damaged("appends to what is no list",
                  "K\x01K\x02"
                  "a.");
  require_damaged("appends to what is no list",
                  "}(K\x02"
                  "e.");
  require_damaged("sets an item of what is no dict", "K\x01K\x02K\x03s.");
  require_damaged("sets an item of what is no dict", "](K\x02K\x03u.");
  require_damaged("key without a value", "}(K\x01u.");
  require_damaged("not UTF-8", "U\x01\xFF.");
  require_damaged("not UTF-8", "U\x03\xED\xA0\x80.");
  require_damaged("whole number over 64 bits", "\x8A\x09\0\0\0\0\0\0\0\x80\0."s);
  require_damaged("whole number of 9 bytes", "\x8A\x09\0\0\0\0\0\0\0\0\x01."s);
  require_damaged("opcode 0x69", "i.");
  require_error(ErrorCode::Unimplemented, "protocol 6", [] { parse_pickle("\x80\x06N."); });
}

TEST_CASE("Only the names of the allow-list can be referred to") {
  require_damaged("it refers to os.system; only", "cos\nsystem\nU\x02ls\x85R.");
  require_damaged("it refers to builtins.eval",
                  "\x8C\x08"
                  "builtins\x8C\x04"
                  "eval\x93.");
  require_damaged("it refers to torch.load", "ctorch\nload\n.");
  require_damaged("it refers to o?s.system", "co\x1Bs\nsystem\n.");
  require_damaged("...; only", "c" + std::string(500, 'a') + "\nb\n.");
  require_damaged("lacks the name of an object", "U\x02osK\x01\x93.");
  require_damaged("lacks the name of a module", "K\x01U\x02os\x93.");
}

TEST_CASE("The functions of the allow-list take only the arguments that torch.save gives them") {
  require_damaged("lacks a tuple of arguments", "ccollections\nOrderedDict\nK\x01R.");
  require_damaged("lacks a name to call", "K\x01)R.");
  require_damaged("lacks an empty OrderedDict()", "ccollections\nOrderedDict\nK\x01\x85R.");
  require_damaged("lacks the one argument of torch.Size", "ctorch\nSize\n)R.");
  require_damaged("lacks a tuple of sizes", "ctorch\nSize\nK\x01\x85R.");
  require_damaged("lacks the name of a device", "ctorch\ndevice\n)R.");
  require_damaged("lacks the name of a device", "ctorch\ndevice\nK\x01\x85R.");
  require_damaged("lacks the number of a device",
                  "ctorch\ndevice\nU\x01"
                  "aU\x01"
                  "b\x86R.");
  require_damaged("calls torch.FloatStorage", "ctorch\nFloatStorage\n)R.");
  require_damaged("lacks a name to call", "ctorch\nfloat32\n)R.");
  require_damaged("holds torch.FloatStorage itself", "ctorch\nFloatStorage\n.");
  require_damaged("attributes to an object other than an OrderedDict", "}}b.");
  require_damaged("lacks a dict of attributes",
                  "ccollections\nOrderedDict\n)RK\x01"
                  "b.");
  require_damaged("attribute's name is no text", "ccollections\nOrderedDict\n)R}K\x01K\x02sb.");
  require_damaged("sets an item of what is no dict", "K\x01}b.");
}

TEST_CASE("Keys of a dict are scalars and come once") {
  require_damaged("the key 'a' twice",
                  "}U\x01"
                  "aNsU\x01"
                  "aNs.");
  require_damaged("the key 1 twice", "}K\x01NsK\x01Ns.");
  require_damaged("the key 0 twice", "}G\0\0\0\0\0\0\0\0NsG\0\0\0\0\0\0\0\0Ns."s);
  require_damaged("the key True twice", "}\x88Ns\x88Ns.");
  require_damaged("the key None twice", "}NNsNNs.");
  require_damaged("a key that is no text, number, bool or None", "})Ns.");
  require_damaged("a key that is no text, number, bool or None", "}G\x7F\xF8\0\0\0\0\0\0Ns."s);
}

TEST_CASE("A list that contains itself is refused") {
  require_error(ErrorCode::ResourceExhausted, "nested over 64 deep, or one contains itself",
                [] { parse_pickle("]q\0h\0a."s); });
}

TEST_CASE("A list that doubles itself at every level is stopped by the limit on objects") {
  std::string pickle = "]q\0"s;
  for (char level = 1; level < 40; ++level) {
    const char before = static_cast<char>(level - 1);
    pickle += "]q" + std::string(1, level) + "h" + std::string(1, before) + "ah" + std::string(1, before) + "a";
  }
  require_error(ErrorCode::ResourceExhausted, "over 2000000 objects", [&] { parse_pickle(pickle + "."); });
}

TEST_CASE("A long text that is repeated is stopped by the limit on memory") {
  std::string pickle = "]" + pickled(std::string(1 << 20, 'x')) +
                       "q\x01"
                       "a";
  for (int i = 0; i < 200; ++i)
    pickle +=
        "h\x01"
        "a";
  ReadLimits limits;
  require_error(ErrorCode::ResourceExhausted, "its tensors and strings would take more than",
                [&] { parse_pickle(pickle + ".", {}, limits); });
}

TEST_CASE("Objects, stack and memo are limited") {
  ReadLimits limits;
  limits.max_objects = 100;
  const auto require_stopped = [&](std::string_view part, const std::string& pickle) {
    require_error(ErrorCode::ResourceExhausted, part, [&] { parse_pickle(pickle, {}, limits); });
  };
  require_stopped("its pickle has over 100 objects", std::string(200, 'N') + ".");
  require_stopped("a stack of over 100 objects", "N" + std::string(200, '2') + ".");
  std::string pickle = "N";
  for (int i = 0; i < 200; ++i) pickle += "q" + std::string(1, static_cast<char>(i));
  require_stopped("remembers over 100 objects", pickle + ".");
}

}  // namespace
}  // namespace animalctl::checkpoint
