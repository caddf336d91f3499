// storage_predicate.cpp: only what both sides answer alike is translated. Storage compares by a type; CEL by the kinds
// of the values. They agree on texts, truth values and numbers of fewer than 54 bits when the type is said; they do not
// on null (storage: missing) and on lists of constants of several kinds, which are taken apart.
#include "policy/storage_predicate.hpp"

#include <cmath>

#include "socle/json/document.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t most_parts = 200;   // of a filter; storage takes 256
constexpr unsigned deepest = 24;          // storage takes 32
constexpr std::size_t most_values = 256;  // of one `in`
constexpr std::size_t longest_text = 1024;
constexpr std::int64_t exact_integers = std::int64_t{1} << 53;
constexpr std::array<std::string_view, 8> operators{"eq", "ne", "lt", "le", "gt", "ge", "in", "prefix"};

using cel::Predicate;

class Writing {
 public:
  Writing(const Bound& bound, std::string_view base, json::Writer& out) : bound_(bound), base_(base), out_(out) {}

  bool write(const Predicate& predicate, unsigned depth = 0) {
    if (++parts_ > most_parts || depth > deepest) return false;
    if (predicate.kind == Predicate::Kind::compare) return compare(predicate);
    if (predicate.kind != Predicate::Kind::all && predicate.kind != Predicate::Kind::any) return false;
    out_.begin_object().member("op", predicate.kind == Predicate::Kind::all ? "and" : "or").key("args").begin_array();
    for (const auto& child : predicate.children)
      if (!write(child, depth + 1)) return false;
    out_.end_array().end_object();
    return true;
  }

 private:
  // Where storage finds the field; its declared type.
  bool locate(const std::vector<std::string>& path, std::string& field) {
    const auto& first = path.front();
    for (const std::string_view own : {"id", "version", "created_at", "updated_at"})
      if (first == own) {
        field = own;
        return path.size() == 1;
      }
    const bool beside = first == "created_by" || first == "updated_by" || first == "model_version";
    if (!beside) field = base_;
    for (const auto& token : path) {
      field += '/';
      json::append_escaped(field, token);
    }
    type_ = beside || path.size() > 1 ? cel::Type() : bound_.field_type(first);
    return true;
  }

  // The type storage must compare by; "" when it would not mean the same.
  [[nodiscard]] std::string_view type_of(const cel::Constant& value, const std::string& field) const {
    using cel::TypeKind;
    if (std::holds_alternative<std::string>(value)) {
      if (std::get<std::string>(value).size() > longest_text) return {};
      return type_.is_dyn() || type_.is(TypeKind::string) ? std::string_view("string") : std::string_view();
    }
    if (field == "version") return std::holds_alternative<std::int64_t>(value) ? std::string_view("integer") : "";
    if (std::holds_alternative<bool>(value))
      return type_.is_dyn() || type_.is(TypeKind::boolean) ? std::string_view("boolean") : std::string_view();
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      if (type_.is(TypeKind::integer)) return "integer";
      const bool exact = *integer<exact_integers&& * integer> - exact_integers;
      return exact && (type_.is_dyn() || type_.is(TypeKind::real)) ? std::string_view("number") : std::string_view();
    }
    if (const auto* real = std::get_if<double>(&value))
      return std::fabs(*real) < static_cast<double>(exact_integers) && (type_.is_dyn() || type_.is(TypeKind::real))
                 ? std::string_view("number")
                 : std::string_view();
    return {};
  }

  bool compare(const Predicate& predicate) {
    std::string field;
    if (!locate(predicate.path, field)) return false;
    if (predicate.comparison == Predicate::Operator::in) return membership(predicate, field);
    const auto type = type_of(predicate.values.front(), field);
    if (type.empty()) return false;
    begin(operators[static_cast<std::size_t>(predicate.comparison)], field, type);
    constant(predicate.values.front());
    out_.end_object();
    return true;
  }

  // One `in` for each type and each 256 values.
  bool membership(const Predicate& predicate, const std::string& field) {
    constexpr std::array<std::string_view, 4> types{"string", "integer", "number", "boolean"};
    for (const auto& value : predicate.values)
      if (type_of(value, field).empty()) return false;
    out_.begin_object().member("op", "or").key("args").begin_array();
    for (const auto type : types) {
      std::size_t count = 0;
      for (const auto& value : predicate.values) {
        if (type_of(value, field) != type) continue;
        if (count % most_values == 0) {
          if (count > 0) out_.end_array().end_object();
          if (++parts_ > most_parts) return false;
          begin("in", field, type);
          out_.begin_array();
        }
        ++count;
        constant(value);
      }
      if (count > 0) out_.end_array().end_object();
    }
    out_.end_array().end_object();
    return true;
  }

  void begin(std::string_view op, const std::string& field, std::string_view type) {
    out_.begin_object().member("op", op).member("field", std::string_view(field)).member("type", type).key("value");
  }
  void constant(const cel::Constant& value) {
    if (const auto* v = std::get_if<bool>(&value)) out_.boolean(*v);
    if (const auto* v = std::get_if<std::int64_t>(&value)) out_.integer(*v);
    if (const auto* v = std::get_if<double>(&value)) out_.number(*v);
    if (const auto* v = std::get_if<std::string>(&value)) out_.string(*v);
  }

  const Bound& bound_;
  std::string_view base_;
  json::Writer& out_;
  std::size_t parts_ = 0;
  cel::Type type_;
};

}  // namespace

std::optional<std::string> storage_predicate(const cel::Predicate& predicate, const Bound& bound,
                                             std::string_view base) {
  std::string text;
  json::Writer out(text);
  if (!Writing(bound, base, out).write(predicate) || !out.finish()) return std::nullopt;
  return text;
}

}  // namespace socle::auth
