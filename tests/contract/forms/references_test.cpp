// references_test.cpp: records that are named and not there: all of them are told, by whatever judges the record.
#include "rig.hpp"

using namespace forms_test;

namespace {

const std::string named_form =
    R"~({"form":"customer","schema":{"type":"object","properties":{"name":{"type":"string"}}}})~";
const std::string naming_logic = R"~("logic":{"ref":{"reference":"customer"},"refs":{"reference":"customer"},
  "lines[].ref":{"reference":"customer"},"file":{"attachment":true}})~";
const std::string naming_form =
    R"~({"form":"leave","schema":{"type":"object","properties":{"n":{"type":"integer"},"file":{"type":"string"},
  "ref":{"type":"string"},"refs":{"type":"array","items":{"type":"string"}},
  "lines":{"type":"array","items":{"type":"object","properties":{"ref":{"type":"string"}}}}}},)~" +
    naming_logic;
const std::string nobody = "0199e0f1-8c6e-7abc-8def-0123456789ab";

// blob/1 of a tenant without files.
void serve_no_files(FakeHost& host) {
  host.serve(
      "blob/1", "attach",
      [](const ServiceCall& call) {
        const auto request = json::Document::parse(call.text()).value();
        std::string files;
        for (std::size_t i = 0; i < request.root().find("add").size(); ++i) files += i > 0 ? ",null" : "null";
        return Reply::json("{\"files\":[" + files + "],\"operations\":[]}");
      },
      Answers::at_once);
}

struct HostWithoutFiles {
  HostWithoutFiles() { serve_no_files(host); }
  FakeHost host;
};
// With a form `customer`, whose records those of `leave` may name.
struct NamingRig : private HostWithoutFiles, public Rig {
  explicit NamingRig(const std::string& leave = naming_form + "}") : Rig(HostWithoutFiles::host) {
    publish(named_form);
    publish(leave);
  }
};

// Ids of records that are not there.
std::string nobodies(int first, int count) {
  std::string out;
  for (int i = first; i < first + count; ++i)
    out.append(out.empty() ? "\"" : ",\"").append("0199e0f1-8c6e-7abc-8def-00000000" + std::to_string(i)).append("\"");
  return out;
}

// "/ref reference; …"
std::string faults_in(json::View errors) {
  std::string out;
  for (const auto one : errors.elements())
    out.append(out.empty() ? "" : "; ")
        .append(one.find("pointer").as_string())
        .append(" ")
        .append(one.find("code").as_string());
  return out;
}
std::string saved(Rig& rig, const std::string& doc) {
  const Reply reply = rig.ask("create", doc);
  if (reply.ok()) return "";
  INFO(reply.message());
  CHECK(reply.error_code() == "invalid_record");
  return faults_in(json::Document::parse(reply.text())->root());
}
std::string validated(Rig& rig, const std::string& doc) {
  const Reply reply = rig.ask("validate", doc);
  const auto answer = json::Document::parse(reply.text()).value();
  CHECK(answer.root().find("valid").as_bool() == answer.root().find("errors").empty());
  return faults_in(answer.root().find("errors"));
}

}  // namespace

TEST_CASE("forms references: all that are not there are told at once, validated and saved alike", "[forms]") {
  NamingRig rig;
  const auto ada = rig.create("{}", "customer");
  const std::string names = R"("ref":"nope","refs":["x",")" + ada + "\",\"" + nobody + R"("],"lines":[{"ref":")" +
                            nobody + R"("},{"ref":")" + ada + R"("},{"ref":")" + nobody + "\"}]";
  const std::string wanted =
      "/lines/0/ref reference; /lines/2/ref reference; /ref reference; /refs/0 reference; /refs/2 reference";
  for (const auto& [doc, told] : {std::pair("{" + names + "}", wanted),
                                  {R"({"file":"zz",)" + names + "}", "/file attachment; " + wanted},
                                  {R"({"n":"x","ref":"nope"})", "/n type; /ref reference"},
                                  {R"({"n":"x","file":"zz"})", "/file attachment; /n type"},
                                  {R"({"ref":")" + ada + "\"}", ""}}) {
    INFO(doc);
    CHECK(saved(rig, doc) == told);
    CHECK(validated(rig, doc) == told);
  }
  const Reply chinese =
      rig.ask("validate", R"({"ref":"nope"})", {{"form", "leave"}, {"http.header.accept-language", "zh"}});
  CHECK(member(chinese, "/errors/0/message") == "在 customer 中没有这条记录");
}

TEST_CASE("forms references: a save asks for them by itself only once it is refused", "[forms]") {
  NamingRig rig(naming_form.substr(0, naming_form.find(",\"file\":{\"attachment\"")) + "}}");
  const auto ada = rig.create("{}", "customer");
  const auto asked = [&](const std::string& doc) {
    rig.reads = rig.writes = 0;
    (void)rig.ask("create", doc);
    return std::pair(rig.reads, rig.writes);
  };
  CHECK(asked(R"({"n":1})") == std::pair(0u, 1u));
  CHECK(asked(R"({"ref":")" + ada + "\"}") == std::pair(0u, 1u));
  CHECK(asked(R"({"ref":")" + nobody + "\"}") == std::pair(1u, 1u));
  CHECK(asked(R"({"n":"x"})") == std::pair(0u, 0u));
  CHECK(asked(R"({"n":"x","ref":")" + ada + "\"}") == std::pair(1u, 0u));
}

TEST_CASE("forms references: a form that was never published has no records", "[forms]") {
  FakeHost host;
  serve_no_files(host);
  Rig rig(host);
  rig.publish(naming_form + "}");
  const std::string doc = R"({"ref":")" + nobody + "\"}";
  CHECK(saved(rig, doc) == "/ref reference");
  CHECK(validated(rig, doc) == "/ref reference");
}

TEST_CASE("forms references: each row of a batch is told, and what the batch deletes is not there", "[forms]") {
  NamingRig rig(R"~({"form":"leave","schema":{"type":"object","properties":{"ref":{"type":"string"}}},
    "logic":{"ref":{"reference":"leave"}}})~");
  const auto one = rig.create("{}");
  const auto naming = [](const std::string& id) { return R"({"op":"create","doc":{"ref":")" + id + "\"}}"; };
  const Reply reply = rig.ask("batch", "[" + naming(nobody) + R"(,{"op":"delete","id":")" + one + "\"}," + naming(one) +
                                           "," + naming("x") + "]");
  CHECK(reply.error_code() == "invalid_record");
  CHECK(faults_in(json::Document::parse(reply.text())->root()) ==
        "/0/doc/ref reference; /2/doc/ref reference; /3/doc/ref reference");
}

TEST_CASE("forms references: a preview of an import tells what the import tells", "[forms]") {
  NamingRig rig;
  const auto ada = rig.create("{}", "customer");
  const std::string lines = R"({"ref":")" + ada + "\"}\n" + R"({"ref":"nope","refs":["x"]})" + "\n" +
                            R"({"n":"x","ref":")" + nobody + "\"}\n";
  const Texts meta{{"form", "leave"}, {"http.header.content-type", "application/x-ndjson"}};
  auto preview = meta;
  preview.emplace_back("preview", "true");
  const Reply first = rig.ask("import", lines, preview), done = rig.ask("import", lines, meta);
  CHECK(member(first, "/valid") == "1");
  CHECK(member(done, "/created") == "1");
  for (const auto& reply : {&first, &done}) {
    CHECK(member(*reply, "/failed") == "2");
    auto found = json::Document::parse(reply->text()).value();
    auto told = faults_in(found.root().find("errors"));
    CHECK_THAT(told, Catch::Contains("/ref reference; /refs/0 reference"));
    CHECK_THAT(told, Catch::Contains("/n type; /ref reference"));
  }
}

TEST_CASE("forms references: what is there is not told to those who may not write the record", "[forms]") {
  NamingRig rig(naming_form + R"(,"access":{"create":"user.id == 'ada'"}})");
  const std::string doc = R"({"n":"x","ref":")" + nobody + "\"}";
  CHECK(saved(rig, doc) == "/n type; /ref reference");
  rig.principal = "eve";
  CHECK(saved(rig, doc) == "/n type");
  CHECK(validated(rig, doc) == "/n type");
}

TEST_CASE("forms references: of very many that are not there the first 200 are told, and how many more", "[forms]") {
  NamingRig rig;
  std::string doc = R"({"refs":["x")";
  for (int i = 1; i < 300; ++i) doc += ",\"x\"";
  const Reply reply = rig.ask("create", doc + "]}");
  const auto errors = json::Document::parse(reply.text()).value();
  CHECK(errors.root().size() == 201);
  CHECK(member(reply, "/0/code") == "more");
  CHECK(member(reply, "/0/message") == "and 100 more");
}

TEST_CASE("forms references: a record that no write holds is validated as it is saved, and nothing is asked for it",
          "[forms]") {
  NamingRig rig;
  rig.reads = 0;
  const std::string faulty = R"({"n":"x","refs":[)" + nobodies(1000, 1000) + "]}";
  CHECK(saved(rig, faulty) == " batch_too_large; /n type");
  CHECK(validated(rig, faulty) == " batch_too_large; /n type");
  const std::string good = R"({"refs":[)" + nobodies(1000, 1000) + "]}";
  const Reply save = rig.ask("create", good);
  CHECK(save.code() == Code::too_large);
  CHECK(save.error_code() == "batch_too_large");
  CHECK(validated(rig, good) == " batch_too_large");
  CHECK(member(rig.ask("validate", good), "/errors/0/message") == save.message());
  const std::string very_many = R"({"refs":[)" + nobodies(1000, 9000) + "]}";
  CHECK_THAT(std::string(rig.ask("create", very_many).message()), Catch::StartsWith("found more than 1000 records, "));
  CHECK(validated(rig, very_many) == " batch_too_large");
  CHECK(rig.reads == 0);
  CHECK_THAT(validated(rig, R"({"refs":[)" + nobodies(1000, 999) + "]}"),
             Catch::StartsWith(" more; /refs/0 reference"));
  CHECK(rig.reads == 1);
}

TEST_CASE("forms references: a batch that no write holds is not asked for when one of its rows is faulty", "[forms]") {
  NamingRig rig;
  rig.reads = 0;
  const auto naming = [](int first) { return R"({"op":"create","doc":{"refs":[)" + nobodies(first, 500) + "]}}"; };
  const Reply reply =
      rig.ask("batch", "[" + naming(1000) + R"(,{"op":"create","doc":{"n":"x"}},)" + naming(1500) + "]");
  CHECK(faults_in(json::Document::parse(reply.text())->root()) == " batch_too_large; /1/doc/n type");
  CHECK(rig.reads == 0);
}

TEST_CASE("forms references: a preview asks for as many at a time as a write holds", "[forms]") {
  NamingRig rig;
  std::string lines;
  for (const auto& refs : {nobodies(1000, 600), nobodies(2000, 600), nobodies(3000, 1000)})
    lines += R"({"refs":[)" + refs + "]}\n";
  const Texts meta{{"form", "leave"}, {"http.header.content-type", "application/x-ndjson"}};
  auto preview = meta;
  preview.emplace_back("preview", "true");
  rig.reads = 0;
  const Reply first = rig.ask("import", lines, preview);
  CHECK(rig.reads == 2);
  const Reply done = rig.ask("import", lines, meta);
  const auto told = [](const Reply& reply) {
    CHECK(member(reply, "/failed") == "3");
    return faults_in(json::Document::parse(reply.text())->root().find("errors"));
  };
  CHECK_THAT(told(first), Catch::EndsWith("/refs/99 reference;  batch_too_large"));
  CHECK(told(first) == told(done));
}

TEST_CASE("forms references: an import looks up for the row that is refused, not for its block", "[forms]") {
  NamingRig rig;
  const auto ada = rig.create("{}", "customer");
  const std::string fine = R"({"ref":")" + ada + "\"}\n";
  rig.reads = 0;
  const Reply done = rig.ask("import", fine + R"({"ref":")" + nobody + "\"}\n" + fine,
                             {{"form", "leave"}, {"http.header.content-type", "application/x-ndjson"}});
  CHECK(member(done, "/created") == "2");
  CHECK(member(done, "/errors/0/line") == "2");
  CHECK(rig.reads == 1);
}

TEST_CASE("forms references: a batch is told row by row", "[forms]") {
  NamingRig rig;
  const std::string faulty = R"({"op":"create","doc":{"n":"x"}})";
  const std::string naming = R"({"op":"create","doc":{"ref":")" + nobody + "\"}}";
  std::string rows = faulty + "," + naming;
  for (int i = 2; i < 10; ++i) rows += R"(,{"op":"create","doc":{}})";
  const Reply reply = rig.ask("batch", "[" + rows + "," + faulty + "]");
  CHECK(faults_in(json::Document::parse(reply.text())->root()) ==
        "/0/doc/n type; /1/doc/ref reference; /10/doc/n type");
}

TEST_CASE("forms references: what is refused now is not shown as what a key's first request wrote", "[forms]") {
  NamingRig rig(naming_form + R"(,"rules":["credit"]})");
  rig.key = "k1";
  const Reply first = rig.ask("create", R"({"n":1})");
  REQUIRE(first.ok());
  rig.key = "";
  REQUIRE(rig.ask("change", R"({"n":2})", {{"form", "leave"}, {"id", member(first, "/id")}}).ok());
  const auto again = [&] {
    rig.key = "k1";
    const Reply reply = rig.ask("create", R"({"n":1})");
    INFO(reply.text());
    CHECK(member(reply, "/id") == member(first, "/id"));
    CHECK(member(reply, "/doc") == "{}");
    CHECK(member(reply, "/rules") == "");
  };
  rig.rules_answer = Reply::error(Code::invalid, "invalid_input", "no", R"([{"pointer":"/n","code":"low"}])");
  again();
  auto stricter = naming_form;
  stricter.replace(stricter.find(R"("type":"integer")"), 16, R"("type":"string")");
  rig.publish(stricter + "}", "2.0.0");
  again();
}
