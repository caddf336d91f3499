#include "contract/schema.hpp"

#include <algorithm>
#include <utility>

#include "contract/bytes.hpp"

namespace socle::storage {
namespace {

bool before(const Collection& collection, std::string_view name) { return collection.name < name; }

constexpr std::string_view op_names[] = {"create_collection", "drop_collection", "add_index", "drop_index"};

Outcome<IndexField> parse_field(json::View value, const std::string& pointer) {
  IndexField out;
  auto path = FieldPath::parse(value.find("field").as_string(), pointer + "/field");
  if (!path) return std::move(path).problem();
  out.path = std::move(*path);
  const auto type = field_type(value.find("type").as_string());
  if (!type) {
    return problem_at(Code::invalid, "bad_type", pointer + "/type",
                      "an index field needs a type: string, integer, number, boolean, date, timestamp or decimal");
  }
  out.type = *type;
  if (const auto order = value.find("order"); order) {
    if (order.as_string() != "asc" && order.as_string() != "desc")
      return problem_at(Code::invalid, "bad_order", pointer + "/order", "order is \"asc\" or \"desc\"");
    out.descending = order.as_string() == "desc";
  }
  return out;
}

}  // namespace

std::string_view to_string(IndexState state) {
  switch (state) {
    case IndexState::building: return "building";
    case IndexState::ready: return "ready";
    case IndexState::failed: return "failed";
  }
  return "failed";
}

const Index* Collection::find(std::string_view index) const {
  const auto at = std::find_if(indexes.begin(), indexes.end(), [&](const Index& each) { return each.name == index; });
  return at == indexes.end() ? nullptr : &*at;
}

const Collection* TenantSchema::find(std::string_view name) const {
  const auto at = std::lower_bound(collections.begin(), collections.end(), name, before);
  return at == collections.end() || at->name != name ? nullptr : &*at;
}
Collection* TenantSchema::find(std::string_view name) {
  return const_cast<Collection*>(std::as_const(*this).find(name));
}
void TenantSchema::add(Collection collection) {
  const auto at = std::lower_bound(collections.begin(), collections.end(), collection.name, before);
  collections.insert(at, std::move(collection));
}
const Collection* TenantSchema::find(std::uint64_t number) const {
  const auto at = std::find_if(collections.begin(), collections.end(), [&](auto& c) { return c.number == number; });
  return at == collections.end() ? nullptr : &*at;
}

Verdict check_name(std::string_view name, std::string_view what, std::string_view pointer) {
  const bool good = !name.empty() && name.size() <= max_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
  });
  if (good) return Done{};
  return problem_at(Code::invalid, "bad_name", pointer,
                    std::string(what) + " is missing or not a name: 1 to 64 of a-z A-Z 0-9 _ - . :");
}

Outcome<Index> parse_index(json::View value, const std::string& pointer) {
  Index out;
  out.name = value.find("name").as_string();
  if (auto named = check_name(out.name, "the index's \"name\"", pointer + "/name"); !named)
    return std::move(named).problem();
  const auto fields = value.find("fields");
  if (!fields.is_array() || fields.empty() || fields.size() > max_index_fields) {
    return problem_at(Code::invalid, "bad_index", pointer + "/fields",
                      "index \"" + out.name + "\" needs \"fields\": an array of 1 to 16 of {field, type, order?}");
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto field = parse_field(fields.at(i), pointer + "/fields/" + std::to_string(i));
    if (!field) return std::move(field).problem();
    out.fields.push_back(std::move(*field));
  }
  out.unique = value.find("unique").as_bool();
  return out;
}

Outcome<Collection> parse_collection(json::View request) {
  Collection out;
  out.name = request.find("collection").as_string();
  if (auto named = check_name(out.name, "\"collection\"", "/collection"); !named) return std::move(named).problem();
  const auto indexes = request.find("indexes");
  if (indexes.size() > max_indexes)
    return problem_at(Code::invalid, "too_many_indexes", "/indexes", "a collection has at most 64 indexes");
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    auto index = parse_index(indexes.at(i), "/indexes/" + std::to_string(i));
    if (!index) return std::move(index).problem();
    if (out.find(index->name) != nullptr) {
      return problem_at(Code::invalid, "duplicate_index", "/indexes/" + std::to_string(i) + "/name",
                        "index \"" + index->name + "\" is named twice");
    }
    out.indexes.push_back(std::move(*index));
  }
  return out;
}

Plan plan_change(const Collection* now, const Collection& wanted) {
  Plan out;
  if (now == nullptr) {
    out.up.push_back({Step::Op::create_collection, {}});
    for (const auto& index : wanted.indexes) out.up.push_back({Step::Op::add_index, index});
    out.down.push_back({Step::Op::drop_collection, {}});
    out.destroys_data = true;
    return out;
  }
  for (const auto& have : now->indexes) {
    const Index* keep = wanted.find(have.name);
    if (keep != nullptr && keep->same_definition(have) && have.state != IndexState::failed) continue;
    out.up.push_back({Step::Op::drop_index, have});
    out.down.insert(out.down.begin(), {Step::Op::add_index, have});
  }
  for (const auto& want : wanted.indexes) {
    const Index* have = now->find(want.name);
    if (have != nullptr && have->same_definition(want) && have->state != IndexState::failed) continue;
    out.up.push_back({Step::Op::add_index, want});
    out.down.insert(out.down.begin(), {Step::Op::drop_index, want});
  }
  return out;
}

Outcome<std::vector<Step>> parse_steps(json::View steps) {
  std::vector<Step> out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string pointer = "/steps/" + std::to_string(i);
    const auto op = steps.at(i).find("op").as_string();
    const auto at = std::find(std::begin(op_names), std::end(op_names), op);
    if (at == std::end(op_names)) {
      return problem_at(Code::invalid, "bad_step", pointer + "/op",
                        "a step's op is create_collection, drop_collection, add_index or drop_index");
    }
    Step step{static_cast<Step::Op>(at - std::begin(op_names)), {}};
    if (step.op == Step::Op::add_index) {
      auto index = parse_index(steps.at(i).find("index"), pointer + "/index");
      if (!index) return std::move(index).problem();
      step.index = std::move(*index);
    } else if (step.op == Step::Op::drop_index) {
      step.index.name = steps.at(i).find("index").find("name").as_string();
    }
    out.push_back(std::move(step));
  }
  if (out.empty() || out.size() > 2 * max_indexes)
    return problem_at(Code::invalid, "bad_steps", "/steps", "\"steps\" is an array of 1 to 128 steps, as `plan` gives");
  return out;
}

void write_definition(json::Writer& out, const Index& index) {
  out.begin_object().member("name", index.name).key("fields").begin_array();
  for (const auto& field : index.fields) {
    out.begin_object().member("field", field.path.text).member("type", to_string(field.type));
    if (field.descending) out.member("order", "desc");
    out.end_object();
  }
  out.end_array().member("unique", index.unique).end_object();
}

void write_steps(json::Writer& out, const std::vector<Step>& steps) {
  out.begin_array();
  for (const auto& step : steps) {
    out.begin_object().member("op", op_names[static_cast<std::size_t>(step.op)]);
    if (step.op == Step::Op::add_index || step.op == Step::Op::drop_index) {
      out.key("index");
      write_definition(out, step.index);
    }
    out.end_object();
  }
  out.end_array();
}

std::size_t TenantSchema::bytes() const {
  std::size_t out = sizeof *this;
  for (const auto& collection : collections) {
    out += sizeof collection + collection.name.size();
    for (const auto& index : collection.indexes) {
      out += sizeof index + index.name.size() + index.progress.size() + index.failure.size();
      for (const auto& field : index.fields)
        out += sizeof field + 2 * field.path.text.size() + field.path.tokens.size() * sizeof(std::string);
    }
  }
  return out;
}

std::string TenantSchema::encode() const {
  std::string out;
  put_number(out, tenant);
  put_number(out, next_collection);
  put_number(out, collections.size());
  for (const auto& c : collections) {
    put_number(out, c.number);
    put_text(out, c.name);
    put_number(out, c.next_index);
    put_number(out, c.indexes.size());
    for (const auto& index : c.indexes) {
      put_number(out, index.number);
      put_text(out, index.name);
      out.push_back(static_cast<char>((index.unique ? 1 : 0) | static_cast<int>(index.state) << 1));
      put_text(out, index.progress);
      put_text(out, index.failure);
      put_number(out, index.offenders);
      put_number(out, index.fields.size());
      for (const auto& field : index.fields) {
        out.push_back(static_cast<char>((field.descending ? 1 : 0) | static_cast<int>(field.type) << 1));
        put_text(out, field.path.text);
      }
    }
  }
  return out;
}

Result<TenantSchema> TenantSchema::decode(std::string_view bytes) {
  Reader in(bytes);
  TenantSchema out;
  const Error damaged{Code::data_loss, "the stored schema of a tenant cannot be read: restore from a backup"};
  out.tenant = in.number();
  out.next_collection = in.number();
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    Collection c;
    c.number = in.number();
    c.name = in.text();
    c.next_index = in.number();
    for (std::uint64_t m = in.number(); m > 0 && in.ok(); --m) {
      Index index;
      index.number = in.number();
      index.name = in.text();
      const auto flags = in.byte();
      if (flags >> 1 > 2) return damaged;
      index.unique = (flags & 1) != 0;
      index.state = static_cast<IndexState>(flags >> 1);
      index.progress = in.text();
      index.failure = in.text();
      index.offenders = in.number();
      for (std::uint64_t k = in.number(); k > 0 && in.ok(); --k) {
        const auto type = in.byte();
        if (type >> 1 > 6) return damaged;
        auto path = FieldPath::parse(in.text(), "");
        if (!path) return damaged;
        index.fields.push_back({std::move(*path), static_cast<FieldType>(type >> 1), (type & 1) != 0});
      }
      c.indexes.push_back(std::move(index));
    }
    out.collections.push_back(std::move(c));
  }
  if (!in.ok()) return damaged;
  const auto by_name = [](const Collection& a, const Collection& b) { return a.name < b.name; };
  std::sort(out.collections.begin(), out.collections.end(), by_name);  // earlier versions kept the order of creation
  return out;
}

}  // namespace socle::storage
