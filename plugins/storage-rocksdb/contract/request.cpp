#include "contract/request.hpp"

#include <array>
#include <cstdio>

#include "socle/json/compare.hpp"
#include "socle/json/writer.hpp"

namespace socle::storage {
namespace {

Verdict parse_expect(Operation& out, json::View value, const std::string& pointer) {
  if (!value.exists()) return Done{};
  const auto text = value.as_string();
  if (text == "any") return Done{};
  if (text == "absent") {
    out.expect = Operation::Expect::absent;
  } else if (text == "present") {
    out.expect = Operation::Expect::present;
  } else if (const auto version = value.as_uint64(); version && *version > 0) {
    out.expect = Operation::Expect::version;
    out.version = *version;
  } else {
    return problem_at(Code::invalid, "bad_expect", pointer + "/expect",
                      "\"expect\" is \"any\", \"absent\", \"present\" or a version (an integer from 1)");
  }
  return Done{};
}

Outcome<Operation> parse_operation(json::View value, const std::string& pointer, const WriteLimits& limits,
                                   IdSource& ids) {
  Operation out;
  const auto op = value.find("op").as_string();
  if (op == "delete") {
    out.kind = Operation::Kind::remove;
  } else if (op == "check") {
    out.kind = Operation::Kind::check;
  } else if (op != "put") {
    return problem_at(Code::invalid, "bad_operation", pointer + "/op", "\"op\" is put, delete or check");
  }
  out.collection = value.find("collection").as_string();
  if (auto named = check_name(out.collection, "\"collection\"", pointer + "/collection"); !named)
    return std::move(named).problem();
  if (auto expected = parse_expect(out, value.find("expect"), pointer); !expected) return std::move(expected).problem();
  const auto id = value.find("id");
  if (!id.exists() && out.kind == Operation::Kind::put && out.expect <= Operation::Expect::absent) {
    out.id = ids.next_id();
    out.expect = Operation::Expect::absent;
    out.fresh = true;
  } else {
    out.id = id.as_string();
    if (auto good = check_id(out.id, pointer + "/id"); !good) return std::move(good).problem();
  }
  if (out.kind == Operation::Kind::check && out.expect == Operation::Expect::any)
    return problem_at(Code::invalid, "bad_expect", pointer + "/expect", "\"check\" needs an \"expect\"");
  if (out.kind != Operation::Kind::put) return out;
  out.doc = value.find("doc");
  if (!out.doc.is_object())
    return problem_at(Code::invalid, "bad_document", pointer + "/doc", "\"doc\" must be a JSON object");
  json::append_text(out.text, out.doc);
  if (out.text.size() > limits.document_bytes) {
    return problem_at(Code::too_large, "document_too_large", pointer + "/doc",
                      "the document has " + std::to_string(out.text.size()) + " bytes, at most " +
                          std::to_string(limits.document_bytes) + " are stored");
  }
  return out;
}

Verdict parse_outbox(WriteRequest& out, json::View outbox) {
  if (outbox.exists() && (!outbox.is_array() || outbox.size() > max_outbox))
    return problem_at(Code::invalid, "bad_outbox", "/outbox", "\"outbox\" is an array of at most 100 {topic, entry}");
  for (std::size_t i = 0; i < outbox.size(); ++i) {
    const std::string pointer = "/outbox/" + std::to_string(i);
    OutboxEntry entry{outbox.at(i).find("topic").as_string(), {}};
    if (auto named = check_name(entry.topic, "\"topic\"", pointer + "/topic"); !named) return named;
    if (!outbox.at(i).find("entry").exists())
      return problem_at(Code::invalid, "bad_outbox", pointer + "/entry", "an outbox entry needs \"entry\"");
    json::append_text(entry.text, outbox.at(i).find("entry"));
    out.outbox.push_back(std::move(entry));
  }
  return Done{};
}

Verdict parse_audit(WriteRequest& out, json::View note) {
  if (!note.exists()) return Done{};
  out.audit = {std::string(note.find("operation").as_string()), std::string(note.find("target").as_string())};
  if (!out.audit.operation.empty() && out.audit.operation.size() <= 64 && out.audit.target.size() <= 1024)
    return Done{};
  return problem_at(Code::invalid, "bad_audit", "/audit",
                    "\"audit\" is {operation, target?}: texts of at most 64 and 1,024 bytes");
}

Verdict parse_idempotency(WriteRequest& out, json::View request, std::string_view context_key) {
  const auto wish = request.find("idempotency");
  if (!wish.exists()) return Done{};
  const auto key = wish.find("key");
  out.idempotency_key = key.exists() ? key.as_string() : context_key;
  if (out.idempotency_key.empty() || out.idempotency_key.size() > max_id) {
    return problem_at(Code::invalid, "bad_idempotency_key", "/idempotency/key",
                      "an idempotency key of 1 to 255 bytes is needed here or in the call's context");
  }
  out.fingerprint = wish.find("fingerprint").as_string().substr(0, max_id);
  if (out.fingerprint.empty()) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%016llx",
                  static_cast<unsigned long long>(json::hash(request.find("operations"))));
    out.fingerprint = text.data();
  }
  return Done{};
}

Outcome<OrderField> parse_order_field(json::View value, const std::string& pointer, const Collection& collection) {
  OrderField out;
  auto path = FieldPath::parse(value.find("field").as_string(), pointer + "/field");
  if (!path) return std::move(path).problem();
  out.path = std::move(*path);
  out.descending = value.find("desc").as_bool();
  switch (out.path.of) {
    case FieldPath::Of::id: out.type = FieldType::string; return out;
    case FieldPath::Of::version: out.type = FieldType::integer; return out;
    case FieldPath::Of::doc: break;
    default: out.type = FieldType::timestamp; return out;
  }
  if (const auto named = value.find("type"); named) {
    if (const auto type = field_type(named.as_string())) {
      out.type = *type;
      return out;
    }
  } else {
    for (const auto& index : collection.indexes)
      for (const auto& field : index.fields)
        if (field.path == out.path) {
          out.type = field.type;
          return out;
        }
  }
  return problem_at(
      Code::invalid, "bad_order", pointer + "/type",
      "ordering by " + out.path.text + " needs a \"type\", as no index of \"" + collection.name + "\" gives it one");
}

Verdict parse_order(QueryRequest& out, json::View order, const Collection& collection) {
  if (order.exists() && (!order.is_array() || order.size() > max_order))
    return problem_at(Code::invalid, "bad_order", "/order", "\"order\" is an array of at most 8 {field, type?, desc?}");
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto field = parse_order_field(order.at(i), "/order/" + std::to_string(i), collection);
    if (!field) return std::move(field).problem();
    out.id_descending = field->descending;
    if (field->path.of == FieldPath::Of::id) break;  // nothing after it can matter
    out.order.push_back(std::move(*field));
  }
  return Done{};
}

}  // namespace

Verdict check_id(std::string_view id, const std::string& pointer) {
  if (!id.empty() && id.size() <= max_id && id.find('\0') == std::string_view::npos) return Done{};
  return problem_at(Code::invalid, "bad_id", pointer, "\"id\" must be a string of 1 to 255 bytes without U+0000");
}

Outcome<WriteRequest> parse_write(json::View request, std::string_view context_key, const WriteLimits& limits,
                                  IdSource& ids) {
  WriteRequest out;
  const auto operations = request.find("operations");
  const bool only_outbox = operations.is_array() && operations.empty() && request.find("outbox").size() > 0;
  if (!operations.is_array() || (operations.empty() && !only_outbox) || operations.size() > max_operations)
    return problem_at(Code::invalid, "bad_operations", "/operations",
                      "\"operations\" is an array of 1 to 1,000 operations, or of none beside an \"outbox\"");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    auto operation = parse_operation(operations.at(i), "/operations/" + std::to_string(i), limits, ids);
    if (!operation) return std::move(operation).problem();
    bytes += operation->text.size();
    out.operations.push_back(std::move(*operation));
  }
  if (auto parsed = parse_outbox(out, request.find("outbox")); !parsed) return std::move(parsed).problem();
  if (auto parsed = parse_audit(out, request.find("audit")); !parsed) return std::move(parsed).problem();
  for (const auto& entry : out.outbox) bytes += entry.text.size();
  if (bytes > limits.request_bytes) {
    return problem_at(Code::too_large, "write_too_large", "/operations",
                      "one write holds at most " + std::to_string(limits.request_bytes) +
                          " bytes of documents, this has " + std::to_string(bytes) + ": split it");
  }
  if (auto parsed = parse_idempotency(out, request, context_key); !parsed) return std::move(parsed).problem();
  if (const auto durability = request.find("durability"); durability) {
    if (durability.as_string() != "sync" && durability.as_string() != "async")
      return problem_at(Code::invalid, "bad_durability", "/durability", "\"durability\" is \"sync\" or \"async\"");
    out.durable = durability.as_string() == "sync";
  }
  return out;
}

Outcome<std::vector<FieldPath>> parse_fields(json::View fields, const std::string& pointer) {
  std::vector<FieldPath> out;
  if (fields.exists() && (!fields.is_array() || fields.size() > 256))
    return problem_at(Code::invalid, "bad_fields", pointer, "\"fields\" is an array of at most 256 JSON Pointers");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto path = FieldPath::parse(fields.at(i).as_string(), pointer + "/" + std::to_string(i));
    if (!path) return std::move(path).problem();
    if (path->of == FieldPath::Of::doc) out.push_back(std::move(*path));
  }
  return out;
}

Outcome<QueryRequest> parse_query(json::View request, const Collection& collection, RemainderPtr remainder) {
  QueryRequest out;
  out.remainder = std::move(remainder);
  out.remainder_values = request.find("remainder");
  if (!out.remainder && out.remainder_values.exists()) {
    auto compiled = Remainder::compile(out.remainder_values);
    if (!compiled) return std::move(compiled).problem();
    out.remainder = std::move(*compiled);
  }
  auto filter = parse_predicate(request.find("filter"), collection);
  if (!filter) return std::move(filter).problem();
  out.filter = std::move(*filter);
  if (auto ordered = parse_order(out, request.find("order"), collection); !ordered) return std::move(ordered).problem();
  if (const auto limit = request.find("limit"); limit) {
    const auto number = limit.as_uint64();
    if (!number || *number < 1 || *number > max_limit)
      return problem_at(Code::invalid, "bad_limit", "/limit", "\"limit\" is an integer from 1 to 1,000");
    out.limit = *number;
  }
  out.cursor = request.find("cursor").as_string();
  out.shape = json::hash(request.find("filter")) * 31 + json::hash(request.find("order"));
  if (out.remainder) out.shape = out.shape * 31 + std::hash<std::string>()(Remainder::key_of(out.remainder_values));
  const auto count = request.find("count").as_string();
  if (count == "exact" || count == "estimated") {
    out.count = count == "exact" ? Count::exact : Count::estimated;
  } else if (!count.empty() && count != "none") {
    return problem_at(Code::invalid, "bad_count", "/count", "\"count\" is none, estimated or exact");
  }
  auto fields = parse_fields(request.find("fields"), "/fields");
  if (!fields) return std::move(fields).problem();
  out.fields = std::move(*fields);
  out.explain = request.find("explain").as_bool();
  out.partial = request.find("partial").as_bool();
  return out;
}

}  // namespace socle::storage
