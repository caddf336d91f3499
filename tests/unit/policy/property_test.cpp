// Random roles, policies and records: decide on a record must agree with filter's predicate and remainder on the same
// record as storage evaluates them, a deny must override, and an explanation must tell the same verdict.
#include "rig.hpp"

#include <random>

#include "contract/predicate.hpp"
#include "contract/remainder.hpp"
#include "socle/json/writer.hpp"

using namespace policy_rig;

namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string_view one(std::initializer_list<std::string_view> of) { return of.begin()[below(of.size())]; }

 private:
  std::mt19937 engine_;
};

std::string atom(Dice& dice) {
  return std::string(dice.one({"record.kind == 'sick'",
                               "record.kind != 'sick'",
                               "record.n < 5",
                               "record.n >= 2.5",
                               "record.n == user.level",
                               "record.created_by == user.id",
                               "record.org == user.org",
                               "record.kind in ['sick', 'annual', 3, true]",
                               "record.org in user.units",
                               "has(record.kind)",
                               "record.flag",
                               "record.flag == true",
                               "!record.flag",
                               "record.kind.startsWith('s')",
                               "record.tags.exists(t, t == user.org)",
                               "record.tags.all(t, t in user.units)",
                               "user.level > 3",
                               "user.missing == 1",
                               "record.version == 2",
                               "record.id == 'r1'",
                               "record.created_at < now",
                               "old == null",
                               "'clerk' in user.roles",
                               "record.nested.x == 1",
                               "record.n + 1 > 3",
                               "record.tags.exists(t, t == user.missing)",
                               "size(record.tags) > 1",
                               "true",
                               "false",
                               "'sick' == record.kind",
                               "env.ip == 'x'",
                               "record.a.?b.orValue(1) == 1"}));
}
std::string expression(Dice& dice, int depth) {
  if (depth == 0 || dice.chance(35)) return atom(dice);
  switch (dice.below(4)) {
    case 0: return "(" + expression(dice, depth - 1) + " && " + expression(dice, depth - 1) + ")";
    case 1: return "(" + expression(dice, depth - 1) + " || " + expression(dice, depth - 1) + ")";
    case 2: return "!(" + expression(dice, depth - 1) + ")";
    default:
      return "(" + expression(dice, depth - 1) + " ? " + expression(dice, depth - 1) + " : " +
             expression(dice, depth - 1) + ")";
  }
}
void member(std::string& out, std::string_view key, std::string_view text) {
  if (!out.ends_with('{') && !out.ends_with('[')) out += ',';
  json::append_quoted(out, key);
  out.append(":").append(text);
}
std::string quote(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::string random_policy(Dice& dice) {
  std::string out = R"({"policy":"leave","rules":[)";
  const auto count = 1 + dice.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    out += i == 0 ? "{" : ",{";
    member(out, "effect", dice.chance(50) ? R"("deny")" : R"("allow")");
    member(out, "actions", dice.chance(80) ? R"(["read"])" : R"(["*"])");
    if (dice.chance(85)) member(out, "when", quote(expression(dice, 3)));
    if (dice.chance(20)) member(out, "roles", dice.chance(50) ? R"(["clerk"])" : R"(["ghost"])");
    out += '}';
  }
  return out + "]}";
}
std::string random_roles(Dice& dice) {
  std::string out = R"([{"role":"clerk","grants":[)";
  const auto count = dice.below(3);
  for (std::size_t i = 0; i < count; ++i) {
    out += i == 0 ? "{" : ",{";
    member(out, "permissions", R"(["records:read"])");
    member(out, "scope", "\"" + std::string(dice.one({"all", "own", "department", "department_and_below"})) + "\"");
    if (dice.chance(40)) member(out, "when", quote(expression(dice, 2)));
    out += '}';
  }
  return out + "]}]";
}
struct Stored {
  std::string envelope;  // as decide takes it
  std::string document;  // as storage keeps it
};
Stored random_record(Dice& dice) {
  std::string doc = "{";
  if (dice.chance(85)) member(doc, "kind", dice.one({R"("sick")", R"("annual")", "3", "null", "true", R"("s")"}));
  if (dice.chance(85))
    member(doc, "n",
           dice.one({"1", "2", "2.5", "4", "5.0", "7", R"("5")", "null", "-0.0", "1e400", "9007199254740993"}));
  if (dice.chance(80)) member(doc, "org", dice.one({R"("hq")", R"("sales")", R"("east")", R"("none")", "5"}));
  if (dice.chance(60)) member(doc, "flag", dice.one({"true", "false", R"("yes")"}));
  if (dice.chance(70)) member(doc, "tags", dice.one({"[]", R"(["sales"])", R"(["sales","east"])", R"([1,"hq"])", "7"}));
  if (dice.chance(40)) member(doc, "nested", dice.one({R"({"x":1})", R"({"x":2})", "{}", "1"}));
  if (dice.chance(20)) member(doc, "created_by", R"("ada")");
  doc += '}';
  std::string kept = "{";
  if (dice.chance(90)) member(kept, "created_by", dice.one({R"("ada")", R"("bob")", "7"}));
  member(kept, "doc", doc);
  return {kept.substr(0, kept.size()) + R"(,"id":"r1","version":2,"created_at":"2024-01-01T00:00:00.000Z"})",
          kept + "}"};
}

// As storage/1 answers a query: the tree first, then the condition on what it admits.
bool admits(const Filter& filter, const Stored& record) {
  if (filter.effect != Filter::Effect::some) return filter.effect == Filter::Effect::all;
  const auto document = doc(record.document);
  storage::RecordView view;
  view.doc = document.root();
  view.id = "r1";
  view.version = 2;
  view.created_ms = 1704067200000;
  view.updated_ms = 1704067200000;
  if (!filter.predicate.empty()) {
    const storage::Collection collection;
    const auto tree = doc(filter.predicate);
    auto predicate = storage::parse_predicate(tree.root(), collection);
    INFO(filter.predicate);
    REQUIRE(predicate);
    if (!predicate->holds(view)) return false;
  }
  if (filter.remainder.empty()) return true;
  const auto request = doc(R"({"record":"/doc","cel":)" + quote(filter.remainder) + "}");
  auto remainder = storage::Remainder::compile(request.root());
  INFO(filter.remainder);
  REQUIRE(remainder);
  return storage::RemainderCheck(**remainder, request.root(), 1'000'000).check(view) ==
         storage::RemainderCheck::Result::holds;
}

constexpr auto units = R"([{"unit":"hq"},{"unit":"sales","parent":"hq"},{"unit":"east","parent":"sales"}])";

std::string random_claims(Dice& dice) {
  return R"({"roles":[)" +
         std::string(
             dice.one({R"("clerk")", R"("clerk@sales")", R"("clerk","clerk@east")", "", R"("ghost")", R"("viewer")"})) +
         R"(],"org":")" + std::string(dice.one({"sales", "east", "hq", ""})) +
         R"(","units":["sales","east"],"level":)" + std::string(dice.one({"2", "5", "2.5", R"("5")"})) + "}";
}

}  // namespace

TEST_CASE("policy: decide on a record agrees with filter's predicate and remainder on it", "[policy]") {
  std::size_t allowed = 0;
  std::size_t compared = 0;
  std::size_t indexed = 0;
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    Dice dice(seed);
    const auto text = random_policy(dice);
    const auto roles = random_roles(dice);
    const auto claims = random_claims(dice);
    Diagnostics diagnostics;
    const auto leave = Policy::read(doc(text).root(), diagnostics);
    if (!leave) continue;  // a condition of constants that cannot be typed
    Rig rig(directory(roles, units), {leave}, claims);
    const auto filter = rig.filter();
    indexed += filter.predicate.empty() ? 0 : 1;
    for (int i = 0; i < 12; ++i) {
      const auto record = random_record(dice);
      const auto decision = rig.decide("read", record.envelope);
      INFO("seed " << seed << "\npolicy " << text << "\nroles " << roles << "\nclaims " << claims << "\nrecord "
                   << record.envelope << "\npredicate " << filter.predicate << "\nremainder " << filter.remainder);
      REQUIRE(decision.allowed == admits(filter, record));
      allowed += decision.allowed ? 1 : 0;
      ++compared;
    }
  }
  CHECK(compared > 10'000);
  CHECK(allowed > 1'000);
  CHECK(indexed > 100);
}

TEST_CASE("policy: adding a deny never allows more, adding an allow never less", "[policy]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    Dice dice(seed);
    Diagnostics diagnostics;
    const auto leave = Policy::read(doc(random_policy(dice)).root(), diagnostics);
    const auto when = quote(expression(dice, 3));
    const auto more = Policy::read(
        doc(R"({"policy":"more","resources":["*"],"rules":[{"effect":"deny","actions":["read"],"when":)" + when + "}]}")
            .root(),
        diagnostics);
    const auto wide =
        Policy::read(doc(R"({"policy":"wide","resources":["*"],"rules":[{"effect":"allow","actions":["read"],"when":)" +
                         when + "}]}")
                         .root(),
                     diagnostics);
    if (!leave || !more || !wide) continue;
    const auto roles = directory(random_roles(dice), units);
    const auto claims = random_claims(dice);
    Rig plain(roles, {leave}, claims);
    Rig denying(roles, {leave, more}, claims);
    Rig allowing(roles, {leave, wide}, claims);
    for (int i = 0; i < 10; ++i) {
      const auto record = random_record(dice).envelope;
      const bool before = plain.decide("read", record).allowed;
      INFO("seed " << seed << " " << when << " " << record);
      REQUIRE((before || !denying.decide("read", record).allowed));
      REQUIRE((!before || allowing.decide("read", record).allowed));
    }
  }
}

TEST_CASE("policy: an explanation tells the verdict that decide gives", "[policy]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    Dice dice(seed);
    Diagnostics diagnostics;
    const auto leave = Policy::read(doc(random_policy(dice)).root(), diagnostics);
    if (!leave) continue;
    Rig rig(directory(random_roles(dice), units), {leave}, random_claims(dice));
    const auto record = random_record(dice).envelope;
    const bool allowed = rig.decide("read", record).allowed;
    const auto told_so = doc(rig.explain("read", record));
    INFO("seed " << seed);
    REQUIRE(told_so.root().find("effect").as_string() == (allowed ? "allow" : "deny"));
  }
}
