// schema.cpp: the public face: registry, compile with its checks, and the two ways to run a schema.
#include "socle/schema/schema.hpp"

#include <map>
#include <optional>

#include "compiler.hpp"
#include "locate.hpp"
#include "machine.hpp"
#include "metaschema.hpp"
#include "uri.hpp"

namespace socle::schema {

struct Registry::Impl {
  std::map<std::string, json::Document, std::less<>> documents;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

Status Registry::add(std::string_view uri, json::View document) {
  const Uri parsed = Uri::parse(uri);
  if (!parsed.scheme) return Error{Code::invalid, "'" + std::string(uri) + "' is no absolute URI: it has no scheme"};
  if (!document) return Error{Code::invalid, "'" + std::string(uri) + "': there is no document"};
  if (!impl_->documents.try_emplace(parsed.without_fragment(), json::Document::copy_of(document)).second)
    return Error{Code::conflict, "'" + std::string(uri) + "' is in the registry already"};
  return {};
}

json::View Registry::find(std::string_view uri) const {
  const auto found = impl_->documents.find(uri);
  return found == impl_->documents.end() ? json::View{} : found->second.root();
}

bool Schema::valid(json::View instance) const {
  Silent silent;
  Machine<Silent> machine(*program_, silent);
  return machine.run(instance) && !machine.stopped();
}

Report Schema::check(json::View instance, Collect collect) const {
  Recorder recorder(*program_, collect);
  Machine<Recorder> machine(*program_, recorder);
  machine.run(instance);
  Report report = recorder.take();
  if (collect == Collect::first && report.faults.size() > 1) report.faults.resize(1);
  return report;
}

Draft Schema::draft() const { return program_->draft; }

std::size_t Schema::memory() const {
  const Program& program = *program_;
  std::size_t bytes = sizeof program + program.nodes.size() * sizeof(Node) + program.ops.size() * sizeof(Op);
  bytes += program.children.size() * 4 + program.patterns.size() * 600 + program.numbers.size() * sizeof(Number);
  for (const auto& shape : program.shapes)
    bytes += sizeof shape + shape.properties.size() * sizeof(Property) + shape.slots.size() * 2;
  for (const auto& values : program.enums) bytes += sizeof values + values.values.size() * 40;
  for (const auto& location : program.locations) bytes += sizeof location + location.size();
  for (const auto& document : program.documents) bytes += document->bytes().size();
  return bytes;
}

namespace {

// The schema as its metaschema sees it: every fault is a problem. Subschemas that are resources of another dialect
// are that dialect's business.
Status check_against_metaschema(json::View document, const Options& options, std::vector<Problem>& problems) {
  Resources resources(options);
  const std::string_view named = document.find("$schema").as_string();
  auto rules = named.empty() ? Result<DialectRules>(dialect_of(options.draft)) : resources.rules_for(named);
  if (!rules) return std::move(rules).error();
  const Schema* schema = nullptr;
  std::optional<Schema> own;
  if (standard_dialect(rules->metaschema)) {
    schema = compiled_metaschema(rules->draft);
  } else {
    Options inner = options;
    inner.check_metaschema = false;
    inner.base_uri = rules->metaschema;
    inner.formats = Formats::annotate;
    auto made = compile(options.registry->find(rules->metaschema), inner);
    if (!made) return std::move(made).error().context("compile the metaschema '" + rules->metaschema + "'");
    own = std::move(*made);
    schema = &*own;
  }
  if (schema == nullptr || schema->valid(document)) return {};
  for (const Fault& fault : schema->check(document).faults) problems.push_back({fault.instance, fault.message});
  if (problems.empty()) return {};
  return Error{Code::invalid,
               "the schema breaks its metaschema at '" + problems[0].pointer + "': " + problems[0].message};
}

}  // namespace

Result<Schema> compile(json::View document, const Options& options, std::vector<Problem>* problems) {
  std::vector<Problem> found;
  const auto refuse = [&](Error error) -> Result<Schema> {
    if (problems != nullptr) *problems = std::move(found);
    return error;
  };
  if (!document.is_object() && !document.is_boolean()) {
    found.push_back(
        {"", "a schema must be an object or a boolean, found " + std::string(json::to_string(document.kind()))});
    return refuse({Code::invalid, found[0].message});
  }
  if (options.check_metaschema) {
    if (auto good = check_against_metaschema(document, options, found); !good) {
      if (found.empty()) found.push_back({"/$schema", good.error().message});
      return refuse(std::move(good).error());
    }
  }
  Compiler compiler(options);
  auto program = compiler.run(document);
  if (!program) {
    found.push_back({compiler.error_pointer(), program.error().message});
    return refuse(std::move(program).error());
  }
  return Schema(std::move(*program));
}

Result<Schema> compile_text(std::string_view text, const Options& options, std::vector<Problem>* problems) {
  json::Position where;
  auto document = json::Document::parse(text, {}, &where);
  if (!document) {
    if (problems != nullptr) *problems = {{"", document.error().message, where.line, where.column}};
    return std::move(document).error();
  }
  std::vector<Problem> found;
  auto schema = compile(document->root(), options, &found);
  if (schema) return schema;
  for (Problem& problem : found) {
    const LineColumn place = locate(text, problem.pointer);
    problem.line = place.line;
    problem.column = place.column;
  }
  Error error = std::move(schema).error();
  if (!found.empty())
    error = std::move(error).context("line " + std::to_string(found[0].line) + ", column " +
                                     std::to_string(found[0].column));
  if (problems != nullptr) *problems = std::move(found);
  return error;
}

}  // namespace socle::schema
