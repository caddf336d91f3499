// library.cpp: signatures, the joined table, and name look-up of environments.
#include "library.hpp"

#include <array>
#include <utility>

#include "checker.hpp"
#include "mixed.hpp"
#include "parser.hpp"

namespace socle::cel {
namespace {

constexpr std::uint32_t every_kind = 0xffffffffu;

std::uint32_t bit(Kind kind) { return 1u << static_cast<unsigned>(kind); }

// Which values a parameter of this type takes at run time.
std::uint32_t kinds_of(const Type& type) {
  switch (type.kind()) {
    case TypeKind::null_type: return bit(Kind::null);
    case TypeKind::boolean: return bit(Kind::boolean);
    case TypeKind::integer: return bit(Kind::integer);
    case TypeKind::unsigned_integer: return bit(Kind::unsigned_integer);
    case TypeKind::real: return bit(Kind::real);
    case TypeKind::string: return bit(Kind::string);
    case TypeKind::bytes: return bit(Kind::bytes);
    case TypeKind::timestamp: return bit(Kind::timestamp);
    case TypeKind::duration: return bit(Kind::duration);
    case TypeKind::date: return bit(Kind::date);
    case TypeKind::decimal: return bit(Kind::decimal);
    case TypeKind::list: return bit(Kind::list);
    case TypeKind::map:
    case TypeKind::object: return bit(Kind::map);
    case TypeKind::type: return bit(Kind::type);
    case TypeKind::optional: return bit(Kind::optional);
    case TypeKind::wrapper: return kinds_of(type.at(0)) | bit(Kind::null);
    case TypeKind::opaque:
      if (type.name() == "net.IP") return bit(Kind::ip);
      if (type.name() == "net.CIDR") return bit(Kind::cidr);
      return every_kind;
    default: return every_kind;
  }
}

bool overlapping(const Overload& a, const Overload& b) {
  if (a.member != b.member || a.parameters.size() != b.parameters.size()) return false;
  for (std::size_t i = 0; i < a.kinds.size(); ++i)
    if ((a.kinds[i] & b.kinds[i]) == 0) return false;
  return true;
}

}  // namespace

Result<Overload> parse_signature(std::string_view signature) {
  const auto wrong = [&] {
    return Error{Code::invalid, "'" + std::string(signature) +
                                    "' is not a signature; wanted \"(int): bool\" or \"string.(int): string\""};
  };
  Overload overload;
  const auto open = signature.find(".(") != std::string_view::npos ? signature.find(".(") + 1 : signature.find('(');
  const auto close = signature.rfind("): ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return wrong();
  if (open > 0) {
    overload.member = true;
    auto target = Type::parse(signature.substr(0, open - 1));
    if (!target) return std::move(target).error();
    overload.parameters.push_back(*target);
  }
  std::size_t start = open + 1;
  int depth = 0;
  for (std::size_t i = start; i <= close && close > open + 1; ++i) {
    depth += signature[i] == '(' ? 1 : 0;
    if ((signature[i] == ',' && depth == 0) || i == close) {
      auto type = Type::parse(signature.substr(start, i - start));
      if (!type) return std::move(type).error();
      overload.parameters.push_back(*type);
      start = i + 1;
    }
    depth -= signature[i] == ')' ? 1 : 0;
  }
  auto result = Type::parse(signature.substr(close + 3));
  if (!result) return std::move(result).error();
  overload.result = *result;
  for (const auto& type : overload.parameters) overload.kinds.push_back(kinds_of(type));
  return overload;
}

const FunctionTable& standard_library() {
  static const FunctionTable table = [] {
    FunctionTable out;
    for (const auto rows : {operator_functions(), conversion_functions(), string_functions(), math_functions(),
                            list_functions(), time_functions(), date_functions(), optional_functions(),
                            regex_functions(), network_functions(), decimal_functions()})
      for (const auto& row : rows) {
        auto overload = parse_signature(row.signature);
        assert(overload);
        overload->function = row.function;
        out[std::string(row.name)].push_back(*std::move(overload));
      }
    return out;
  }();
  return table;
}

const Field* ObjectType::find(std::string_view field) const {
  for (const auto& candidate : fields)
    if (candidate.name == field) return &candidate;
  return nullptr;
}

std::string_view written_name(std::string_view function) {
  constexpr std::array<std::array<std::string_view, 2>, 5> names{{{"math.@max", "math.greatest"},
                                                                  {"math.@min", "math.least"},
                                                                  {"@sortByAssociatedKeys", "sortBy"},
                                                                  {"cel.@mapInsert", "transformMapEntry"},
                                                                  {"@in", "in"}}};
  for (const auto& [internal, written] : names)
    if (internal == function) return written;
  return function;
}

namespace {
// The same for all environments that want it.
std::shared_ptr<const Environment> mixed_base() {
  static const auto base = [] {
    auto out = std::make_shared<Environment>();
    for (const auto& row : mixed_functions()) {
      const auto status = out->declare_function(std::string(row.name), row.signature, row.function);
      assert(status);
      (void)status;
    }
    return out;
  }();
  return base;
}
std::size_t bytes_of(const Type& type) {
  std::size_t out = sizeof type;
  for (std::size_t i = 0; i < type.parameters().size(); ++i) out += bytes_of(type.at(i));
  return out;
}
constexpr std::size_t per_node = 48;  // of a std::map, beside what it holds
}  // namespace

Environment::Environment(Options options)
    : options_(std::move(options)), base_(options_.mixed_numbers ? mixed_base() : nullptr) {}
Environment::Environment(std::shared_ptr<const Environment> base) : options_(base->options_), base_(std::move(base)) {}

std::size_t Environment::bytes() const {
  std::size_t out = sizeof *this + by_slot_.capacity() * sizeof(void*);
  for (const auto& [name, variable] : variables_)
    out += per_node + sizeof name + sizeof variable + 2 * name.capacity() + bytes_of(variable.type);
  for (const auto& [name, object] : objects_) {
    out += per_node + sizeof name + sizeof object + 2 * name.capacity();
    for (const auto& field : object.fields) out += sizeof field + field.name.capacity() + bytes_of(field.type);
  }
  for (const auto& [name, overloads] : functions_) {
    out += per_node + sizeof name + name.capacity();
    for (const auto& one : overloads) {
      out += sizeof one + one.id.capacity() + one.kinds.capacity() * sizeof(std::uint32_t) + bytes_of(one.result);
      for (const auto& parameter : one.parameters) out += bytes_of(parameter);
    }
  }
  return out;
}

Status Environment::declare_variable(std::string name, Type type, Bounds bounds) {
  if (const auto* old = variable(name)) {
    if (old->type == type) return {};
    return Error{Code::conflict, "variable '" + name + "' is already declared as " + old->type.text() +
                                     "; it cannot also be " + type.text()};
  }
  const auto slot = static_cast<std::uint32_t>(by_slot_.size());
  const auto [at, added] = variables_.emplace(name, Variable{name, std::move(type), bounds, slot});
  by_slot_.push_back(&at->second);
  return {};
}

Status Environment::declare_object(ObjectType type) {
  const auto name = type.name;
  if (!objects_.emplace(name, std::move(type)).second)
    return Error{Code::conflict, "type '" + name + "' is already declared"};
  return {};
}

Status Environment::declare_function(std::string name, std::string_view signature, Function function, std::string id) {
  auto overload = parse_signature(signature);
  if (!overload) return std::move(overload).error().context("declare function '" + name + "'");
  overload->function = function;
  overload->id = std::move(id);
  for (const auto* other : overloads(name)) {
    if (!overlapping(*other, *overload)) continue;
    // The same declaration again adds nothing; a built-in one keeps its implementation.
    if (other->parameters == overload->parameters && function == nullptr) return {};
    return Error{Code::conflict, "function '" + name + "' with " + std::string(signature) +
                                     " could be mistaken for an overload that exists; choose another name"};
  }
  functions_[name].push_back(*std::move(overload));
  return {};
}

const Variable* Environment::variable(std::string_view name) const {
  const auto at = variables_.find(name);
  return at == variables_.end() ? nullptr : &at->second;
}

const ObjectType* Environment::object(std::string_view name) const {
  const auto at = objects_.find(name);
  return at == objects_.end() ? nullptr : &at->second;
}

std::vector<const Overload*> Environment::overloads(std::string_view name) const {
  std::vector<const Overload*> out;
  if (const auto at = standard_library().find(name); at != standard_library().end())
    for (const auto& overload : at->second) out.push_back(&overload);
  collect(name, out);
  return out;
}

void Environment::collect(std::string_view name, std::vector<const Overload*>& out) const {
  if (base_) base_->collect(name, out);
  const auto at = functions_.find(name);
  if (at == functions_.end()) return;
  for (const auto& overload : at->second) out.push_back(&overload);
}

bool Environment::has_function(std::string_view name) const {
  return standard_library().contains(name) || functions_.contains(name) || (base_ && base_->has_function(name));
}

std::optional<Type> Environment::type_value(std::string_view name) const {
  constexpr std::array<std::string_view, 18> names{"bool",
                                                   "int",
                                                   "uint",
                                                   "double",
                                                   "string",
                                                   "bytes",
                                                   "list",
                                                   "map",
                                                   "null_type",
                                                   "type",
                                                   "optional_type",
                                                   "google.protobuf.Timestamp",
                                                   "google.protobuf.Duration",
                                                   "timestamp",
                                                   "duration",
                                                   "date",
                                                   "decimal",
                                                   "net.IP"};
  if (name == "net.CIDR") return Type(TypeKind::type, {Type::opaque("net.CIDR")});
  for (const auto known : names)
    if (known == name) return Type(TypeKind::type, {*Type::parse(name)});
  if (const auto* declared = object(name); declared != nullptr && declared->named)
    return Type(TypeKind::type, {Type::object(std::string(name))});
  return std::nullopt;
}

std::vector<std::string> Environment::candidates(std::string_view name, bool leading_dot) const {
  std::vector<std::string> out;
  if (!leading_dot) {
    for (std::string scope = options_.container; !scope.empty();) {
      out.push_back(scope + "." + std::string(name));
      const auto dot = scope.rfind('.');
      scope.resize(dot == std::string::npos ? 0 : dot);
    }
  }
  out.emplace_back(name);
  return out;
}

namespace {
Error all_issues(std::string_view source, const std::vector<Issue>& issues) {
  std::string text;
  for (const auto& issue : issues) {
    if (!text.empty()) text += '\n';
    text += issue.text(source);
  }
  return {Code::invalid, text};
}
}  // namespace

Result<Ast> Environment::parse(std::string_view source, std::vector<Issue>* issues) const {
  std::vector<Issue> found;
  auto ast = parse_source(source, options_, found);
  if (issues != nullptr) *issues = found;
  if (!found.empty()) return all_issues(source, found);
  return ast;
}

Result<Ast> Environment::check(Ast ast, std::vector<Issue>* issues) const {
  std::vector<Issue> found;
  check_ast(*this, ast, found);
  if (issues != nullptr) *issues = found;
  if (!found.empty()) return all_issues(ast.source, found);
  return ast;
}

Result<Ast> Environment::compile(std::string_view source, std::vector<Issue>* issues) const {
  auto ast = parse(source, issues);
  return ast ? check(*std::move(ast), issues) : std::move(ast);
}

}  // namespace socle::cel
