// record_filter_test.cpp: conditions split for the store (sdk/cel, record_filter) select exactly the records for which
// CEL says true: random conditions over random records, evaluated whole by CEL and, split, by the store's own predicate
// and remainder. Seeded.
#include "socle/cel/record_filter.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "contract/predicate.hpp"
#include "contract/remainder.hpp"
#include "socle/json/document.hpp"

using namespace socle;
using storage::Fit;

namespace {

const auto schema = json::Document::parse(R"~({"type":"object","properties":{
  "s":{"type":"string"},"n":{"type":"integer"},"r":{"type":"number"},"b":{"type":"boolean"},
  "d":{"type":"string","format":"date"},"e":{"type":"string","format":"date"},"t":{"type":"string","format":"date-time"},
  "x":{},"o":{"type":"object","properties":{"s":{"type":"string"},"d":{"type":"string","format":"date"},
    "n":{"type":"integer"},"r":{"type":"number"}}}}})~");

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  std::string one_of(std::initializer_list<const char*> texts) {
    return texts.begin()[std::uniform_int_distribution<std::size_t>(0, texts.size() - 1)(random_)];
  }
  unsigned pick(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }

  std::string condition(int depth) {
    if (depth > 0 && pick(3) > 0) {
      const std::string left = condition(depth - 1), right = condition(depth - 1);
      switch (pick(5)) {
        case 0:
        case 1: return "(" + left + " && " + right + ")";
        case 2:
        case 3: return "(" + left + " || " + right + ")";
        default: return "!(" + left + ")";
      }
    }
    const std::string op = one_of({" == ", " != ", " < ", " <= ", " > ", " >= "});
    switch (pick(13)) {
      case 0: return one_of({"s", "record.s", "record.x", "record.o.s"}) + op + one_of({"'a'", "'b'", "''", "user.id"});
      case 1: return one_of({"n", "record.x", "r"}) + op + one_of({"1", "2", "1.5", "0", "user.level"});
      case 2: return one_of({"d", "e", "record.d", "o.d"}) + op + one_of({"date('2024-01-02')", "date(now)", "e"});
      case 3: return "t" + op + one_of({"now", "now - duration('24h')", "timestamp('2024-01-02T00:00:00Z')"});
      case 4: return one_of({"b", "!b", "record.b == true", "b == false", "record.x == true"});
      case 5: return one_of({"s", "record.x", "o.s"}) + " in [" + one_of({"'a', 'b'", "'c'", "'a'"}) + "]";
      case 6: return one_of({"n in [1, 3]", "record.x in [1, 2]", "record.x in [1, 'a']", "x in [true]"});
      case 7: return one_of({"s", "o.s"}) + ".startsWith(" + one_of({"'a'", "'ab'", "''"}) + ")";
      case 8: return "has(record." + one_of({"s", "x", "o", "d", "n"}) + ")";
      case 9: return one_of({"record.id", "record.created_by"}) + op + one_of({"'a'", "'u1'", "user.id"});
      case 11:
        return one_of({"(b ? o.n : 2.5) / 2", "(b ? 2.5 : n) / 2", "(b ? o.n + 1 : 1.5)", "(b ? n : 1.5)"}) + op +
               one_of({"1.5", "1", "user.level"});
      case 10: return one_of({"record.created_at", "record.updated_at"}) + op + "now";
      default:
        return one_of({"size(s) > 1", "'hr' in user.roles", "user.none == 1", "record.version > 1", "n > user.id"});
    }
  }
  std::string record() {
    const auto member = [&](const char* name, std::initializer_list<const char*> values) {
      return pick(6) == 0 ? std::string() : std::string(",\"") + name + "\":" + one_of(values);
    };
    std::string fields;
    fields += member("s", {"\"a\"", "\"ab\"", "\"b\"", "\"\"", "null", "1"});
    fields += member("n", {"1", "2", "1.0", "-1", "null", "3"});
    fields += member("r", {"1", "1.5", "2", "null", "0.0"});
    fields += member("b", {"true", "false", "null", "1"});
    fields += member("d", {"\"2024-01-01\"", "\"2024-01-02\"", "\"2024-01-03\""});  // indexed: valid or missing
    fields += member("e", {"\"2024-01-01\"", "\"2024-01-03\"", "\"no date\"", "null"});
    fields += member("t", {"\"2024-01-01T00:00:00Z\"", "\"2024-01-02T01:00:00+01:00\""});
    fields += member("x", {"1", "\"a\"", "true", "null", "2.5", "[1]", "{\"y\":1}"});
    fields += member("o", {"{\"s\":\"a\",\"d\":\"2024-01-02\"}", "{\"s\":\"b\",\"n\":3}", "{}", "null",
                           "{\"n\":2,\"r\":3}", "{\"r\":2.5}", "{\"d\":\"x\"}"});
    if (!fields.empty()) fields.erase(0, 1);
    return "{\"doc\":{" + fields + "},\"created_by\":" + one_of({"\"u1\"", "\"a\"", "null"}) + "}";
  }

 private:
  std::mt19937 random_;
};

cel::Options mixing() {
  cel::Options options;
  options.mixed_numbers = true;
  return options;
}

// record as CEL alone sees it: the fields and what is kept beside them, in one object.
std::string whole(const storage::RecordView& record) {
  std::string out = R"({"id":")" + std::string(record.id) + R"(","version":)" + std::to_string(record.version) +
                    R"(,"created_at":")" + storage::format_timestamp(record.created_ms) + R"(","updated_at":")" +
                    storage::format_timestamp(record.updated_ms) + "\"";
  if (const auto by = record.doc.find("created_by"); by.exists()) out += ",\"created_by\":" + json::to_text(by);
  for (const auto& [name, value] : record.doc.find("doc").members())
    out += ",\"" + std::string(name) + "\":" + json::to_text(value);
  return out + "}";
}

}  // namespace

TEST_CASE("storage: a condition split for the store selects the records that CEL selects", "[storage]") {
  cel::Environment env(mixing());
  REQUIRE(cel::declare_record(env, schema->root()));
  const auto user = *json::Document::parse(R"({"id":"u1","roles":["hr"],"level":2})");
  cel::KnownValues known;
  known.user = user.root();
  known.now = cel::Value::timestamp(1704153600, 0);  // 2024-01-02
  const cel::RecordShape shape{"/doc", {{"d", "date"}, {"t", "timestamp"}, {"n", "integer"}}};
  storage::Collection collection;
  collection.name = "c";
  Generator make(20261121);
  std::size_t split = 0, pure = 0, matched = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto text = make.condition(3);
    const auto condition = env.compile(text);
    if (!condition) continue;
    INFO(text);
    const auto query = cel::store_query(env, *condition, shape, known);
    INFO((query ? query->filter + "   " + query->remainder : query.error().message));
    REQUIRE(query);
    split += !query->filter.empty() && !query->remainder.empty() ? 1 : 0;
    pure += query->remainder.empty() ? 1 : 0;
    const auto filter = json::Document::parse(query->filter.empty() ? "null" : query->filter);
    auto predicate = storage::parse_predicate(filter->root(), collection);
    REQUIRE(predicate);
    const auto asked = json::Document::parse(query->remainder.empty() ? "null" : query->remainder);
    storage::RemainderPtr remainder;
    if (!query->remainder.empty()) {
      auto compiled = storage::Remainder::compile(asked->root());
      REQUIRE(compiled);
      remainder = *compiled;
    }
    const auto program = cel::Program::compile(env, *condition);
    for (int i = 0; i < 12; ++i) {
      const auto document = *json::Document::parse(make.record());
      const std::string id = make.one_of({"a", "u1", "z"});
      const storage::RecordView record{id, 1 + make.pick(3), 1704067200000 + 86400000 * std::int64_t{make.pick(3)},
                                       1704153600000, document.root()};
      const auto joined = *json::Document::parse(whole(record));
      cel::Activation activation(env);
      activation.set(env.variable("record")->slot, joined.root());
      activation.set(env.variable("user")->slot, user.root());
      activation.set(env.variable("now")->slot, *known.now);
      for (const auto* field : {"s", "n", "r", "b", "d", "e", "t", "x", "o"})
        if (const auto* variable = env.variable(field)) activation.set(variable->slot, joined.root().find(field));
      cel::Arena arena;
      const auto value = program->evaluate(activation, arena);
      bool selected = !query->nothing && predicate->holds(record);
      if (selected && remainder) {
        storage::RemainderCheck check(*remainder, asked->root(), 1'000'000);
        selected = check.check(record) == storage::RemainderCheck::Result::holds;
      }
      INFO(whole(record) << " CEL says " << (value.is_error() ? program->describe(value) : to_text(value)));
      REQUIRE(selected == value.is_true());
      matched += selected ? 1 : 0;
    }
  }
  CHECK(split > 200);
  CHECK(pure > 200);
  CHECK(matched > 2000);
}
