#include "contract/predicate.hpp"

#include <algorithm>

#include "contract/bytes.hpp"

namespace socle::storage {
namespace {

constexpr std::string_view op_names[] = {"and", "or", "not", "eq", "ne",     "lt",
                                         "le",  "gt", "ge",  "in", "prefix", "exists"};

class PredicateParser {
 public:
  explicit PredicateParser(const Collection& collection) : collection_(collection) {}

  Outcome<Predicate> parse(json::View value, const std::string& pointer, std::size_t depth) {
    if (++nodes_ > max_predicate_nodes || depth > max_predicate_depth) {
      return problem_at(Code::invalid, "filter_too_large", pointer,
                        "a filter has at most 256 parts, nested at most 32 deep");
    }
    const auto name = value.find("op").as_string();
    const auto at = std::find(std::begin(op_names), std::end(op_names), name);
    if (at == std::end(op_names)) {
      return problem_at(Code::invalid, "bad_filter", pointer + "/op",
                        "a filter's op is and, or, not, eq, ne, lt, le, gt, ge, in, prefix or exists");
    }
    Predicate out;
    out.op = static_cast<Predicate::Op>(at - std::begin(op_names));
    if (auto done = out.is_leaf() ? leaf(out, value, pointer) : branch(out, value, pointer, depth); !done)
      return std::move(done).problem();
    return out;
  }

 private:
  Verdict branch(Predicate& out, json::View value, const std::string& pointer, std::size_t depth) {
    const auto args = value.find("args");
    const bool one = out.op == Predicate::Op::negate;
    if (!args.is_array() || (one && args.size() != 1))
      return problem_at(
          Code::invalid, "bad_filter", pointer + "/args",
          one ? "\"not\" takes \"args\": an array of one filter" : "\"args\" must be an array of filters");
    for (std::size_t i = 0; i < args.size(); ++i) {
      auto arg = parse(args.at(i), pointer + "/args/" + std::to_string(i), depth + 1);
      if (!arg) return std::move(arg).problem();
      out.args.push_back(std::move(*arg));
    }
    return Done{};
  }

  Verdict leaf(Predicate& out, json::View value, const std::string& pointer) {
    auto path = FieldPath::parse(value.find("field").as_string(), pointer + "/field");
    if (!path) return std::move(path).problem();
    out.path = std::move(*path);
    if (out.op == Predicate::Op::exists) return Done{};
    const auto constant = value.find("value");
    const bool many = out.op == Predicate::Op::in;
    if (many && (!constant.is_array() || constant.size() > max_in_values))
      return problem_at(Code::invalid, "bad_filter", pointer + "/value", "\"in\" takes an array of at most 256 values");
    const auto sample = many ? constant.at(0) : constant;
    if (const auto named = value.find("type"); named) {
      const auto type = field_type(named.as_string());
      if (!type) return problem_at(Code::invalid, "bad_type", pointer + "/type", "unknown type of constant");
      out.type = *type;
    } else {
      out.type = default_type(out.path, sample);
    }
    if (out.op == Predicate::Op::prefix) {
      if (!constant.is_string() || out.type != FieldType::string || constant.as_string().size() > max_field_text)
        return problem_at(Code::invalid, "bad_filter", pointer + "/value",
                          "\"prefix\" takes a string of ≤ 1,024 bytes");
      out.constants.emplace_back(1, present_tag);
      put_ordered_prefix(out.constants[0], constant.as_string());
      return Done{};
    }
    for (std::size_t i = 0; i < (many ? constant.size() : 1); ++i) {
      const auto each = many ? constant.at(i) : constant;
      std::string bytes;
      if (encode_field(bytes, out.type, each) != Fit::fits || each.as_string().size() > max_field_text) {
        return problem_at(Code::invalid, "bad_constant", pointer + "/value",
                          "the constant compared with " + out.path.text + " is not a valid " +
                              std::string(to_string(out.type)) + "; to find missing values use not exists");
      }
      out.constants.push_back(std::move(bytes));
    }
    return Done{};
  }

  // What an index of the collection says about the field, if the constant can be that; else by the constant's kind.
  [[nodiscard]] FieldType default_type(const FieldPath& path, json::View constant) const {
    if (path.of == FieldPath::Of::version) return FieldType::integer;
    if (path.of == FieldPath::Of::created_at || path.of == FieldPath::Of::updated_at) return FieldType::timestamp;
    for (const auto& index : collection_.indexes) {
      for (const auto& field : index.fields) {
        std::string ignored;
        if (field.path == path && encode_field(ignored, field.type, constant) == Fit::fits) return field.type;
      }
    }
    if (constant.is_boolean()) return FieldType::boolean;
    return constant.is_number() ? FieldType::number : FieldType::string;
  }

  const Collection& collection_;
  std::size_t nodes_ = 0;
};

}  // namespace

bool Predicate::holds(const RecordView& record) const {
  const auto true_for = [&](const Predicate& arg) { return arg.holds(record); };
  switch (op) {
    case Op::all: return std::all_of(args.begin(), args.end(), true_for);
    case Op::any: return std::any_of(args.begin(), args.end(), true_for);
    case Op::negate: return !args[0].holds(record);
    case Op::exists: {
      if (path.of != FieldPath::Of::doc) return true;
      const auto value = value_at(record, path);
      return value.exists() && !value.is_null();
    }
    default: break;
  }
  std::string bytes;
  const bool fits = encode_path(bytes, type, path, record) == Fit::fits;
  switch (op) {
    case Op::eq: return fits && bytes == constants[0];
    case Op::ne: return !fits || bytes != constants[0];
    case Op::lt: return fits && bytes < constants[0];
    case Op::le: return fits && bytes <= constants[0];
    case Op::gt: return fits && bytes > constants[0];
    case Op::ge: return fits && bytes >= constants[0];
    case Op::in: return fits && std::find(constants.begin(), constants.end(), bytes) != constants.end();
    case Op::prefix: return fits && bytes.starts_with(constants[0]);
    default: return false;
  }
}

Outcome<Predicate> parse_predicate(json::View filter, const Collection& collection) {
  if (!filter.exists() || filter.is_null()) return Predicate{};
  return PredicateParser(collection).parse(filter, "/filter", 0);
}

std::vector<const Predicate*> conjuncts(const Predicate& predicate) {
  if (predicate.op != Predicate::Op::all) return {&predicate};
  std::vector<const Predicate*> out;
  for (const auto& arg : predicate.args) {
    const auto inner = conjuncts(arg);
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

}  // namespace socle::storage
