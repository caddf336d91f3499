// type.cpp: type texts, both ways, and structural equality.
#include "socle/cel/type.hpp"

#include <array>
#include <cctype>

namespace socle::cel {
namespace {

struct Named {
  std::string_view name;
  TypeKind kind;
};
constexpr std::array simple{
    Named{"*error*", TypeKind::error},
    Named{"dyn", TypeKind::dyn},
    Named{"any", TypeKind::any},
    Named{"null_type", TypeKind::null_type},
    Named{"bool", TypeKind::boolean},
    Named{"int", TypeKind::integer},
    Named{"uint", TypeKind::unsigned_integer},
    Named{"double", TypeKind::real},
    Named{"string", TypeKind::string},
    Named{"bytes", TypeKind::bytes},
    Named{"timestamp", TypeKind::timestamp},
    Named{"duration", TypeKind::duration},
    Named{"date", TypeKind::date},
    Named{"decimal", TypeKind::decimal},
    Named{"list", TypeKind::list},
    Named{"map", TypeKind::map},
    Named{"type", TypeKind::type},
    Named{"optional_type", TypeKind::optional},
    Named{"wrapper", TypeKind::wrapper},
};
constexpr std::array aliases{
    Named{"null", TypeKind::null_type},
    Named{"error", TypeKind::error},
    Named{"google.protobuf.Timestamp", TypeKind::timestamp},
    Named{"google.protobuf.Duration", TypeKind::duration},
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Type> read_all() {
    auto type = read(0);
    if (type && at_ != text_.size()) return fail();
    return type;
  }

 private:
  Result<Type> read(int depth) {
    skip_blanks();
    const auto start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  std::string_view("_.*").find(text_[at_]) != std::string_view::npos))
      ++at_;
    const auto name = text_.substr(start, at_ - start);
    if (name.empty() || depth > 32) return fail();
    std::vector<Type> parameters;
    if (at_ < text_.size() && text_[at_] == '(') {
      do {
        ++at_;
        auto inner = read(depth + 1);
        if (!inner) return inner;
        parameters.push_back(*std::move(inner));
        skip_blanks();
      } while (at_ < text_.size() && text_[at_] == ',');
      if (at_ >= text_.size() || text_[at_] != ')') return fail();
      ++at_;
    }
    skip_blanks();
    return make(name, std::move(parameters));
  }

  Result<Type> make(std::string_view name, std::vector<Type> parameters) const {
    if (name.size() == 1 && name[0] >= 'A' && name[0] <= 'Z') return Type::parameter(std::string(name));
    for (const auto& table : {std::string_view("simple"), std::string_view("alias")}) {
      const Named* first = table == "simple" ? simple.data() : aliases.data();
      const auto count = table == "simple" ? simple.size() : aliases.size();
      for (std::size_t i = 0; i < count; ++i) {
        if (first[i].name != name) continue;
        const auto kind = first[i].kind;
        const std::size_t wanted = kind == TypeKind::map ? 2
                                   : kind == TypeKind::list || kind == TypeKind::optional ||
                                           kind == TypeKind::wrapper || kind == TypeKind::type
                                       ? 1
                                       : 0;
        while (parameters.size() < wanted && kind != TypeKind::type) parameters.emplace_back();
        if (parameters.size() > wanted) return fail();
        return parameters.empty() ? Type(kind) : Type(kind, std::move(parameters));
      }
    }
    return Type::opaque(std::string(name), std::move(parameters));
  }

  Error fail() const {
    return {Code::invalid, "'" + std::string(text_) + "' is not a type; wanted for example int or list(string)"};
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Type::Type(TypeKind kind, std::vector<Type> parameters) : Type(kind, {}, std::move(parameters)) {}

Type::Type(TypeKind kind, std::string name, std::vector<Type> parameters)
    : kind_(kind), body_(std::make_shared<const Body>(Body{std::move(name), std::move(parameters)})) {}

Result<Type> Type::parse(std::string_view text) { return Reader(text).read_all(); }

const std::string& Type::name() const {
  static const std::string none;
  return body_ ? body_->name : none;
}

const std::vector<Type>& Type::parameters() const {
  static const std::vector<Type> none;
  return body_ ? body_->parameters : none;
}

std::string Type::text() const {
  std::string out = name();
  if (out.empty())
    for (const auto& named : simple)
      if (named.kind == kind_) out = named.name;
  if (parameters().empty()) return out;
  out += '(';
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    if (i > 0) out += ", ";
    out += at(i).text();
  }
  return out + ')';
}

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_) return false;
  if (body_ == other.body_) return true;
  return name() == other.name() && parameters() == other.parameters();
}

}  // namespace socle::cel
