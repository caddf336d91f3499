// migrate.cpp: `declare` and `migrate`, schema changes as calls of the commit lane. A new index of a collection that
// holds documents starts as `building` (build.cpp finishes it). Commit lane only.
#include <algorithm>

#include "store/committer.hpp"

namespace socle::storage {
namespace {

void write_state(json::Writer& out, const Collection* collection) {
  const auto in_state = [&](IndexState state) {
    return collection != nullptr && std::any_of(collection->indexes.begin(), collection->indexes.end(),
                                                [&](const Index& index) { return index.state == state; });
  };
  out.member("state", collection == nullptr            ? "dropped"
                      : in_state(IndexState::failed)   ? "failed"
                      : in_state(IndexState::building) ? "building"
                                                       : "ready");
}

Verdict no_such_collection(const std::string& name, const std::string& pointer) {
  return problem_at(Code::not_found, "unknown_collection", pointer, "collection \"" + name + "\" is not declared");
}

}  // namespace

Verdict Committer::migrate(Call& call, Group& group) {
  std::string name;
  Collection wanted;
  std::vector<Step> steps;
  if (call.method == Method::declare) {
    auto parsed = parse_collection(call.request);
    if (!parsed) return std::move(parsed).problem();
    wanted = std::move(*parsed);
    name = wanted.name;
  } else {
    name = call.request.find("collection").as_string();
    if (auto named = check_name(name, "\"collection\"", "/collection"); !named) return named;
    auto parsed = parse_steps(call.request.find("steps"));
    if (!parsed) return std::move(parsed).problem();
    steps = std::move(*parsed);
  }
  auto known = tenants_.find(call.tenant);
  if (!known) return state_.note(known.error());
  const Tenant tenant_before = **known;
  const Dirty dirty_before = dirty_;
  auto found = tenant_for(call, group, true);
  if (!found) return std::move(found).problem();
  Tenant& tenant = **found;
  TenantSchema schema = *tenant.schema;
  if (call.method == Method::declare) steps = plan_change(schema.find(std::string_view(name)), wanted).up;
  if (auto done = run_steps(tenant, schema, name, steps, group); !done) {
    tenants_.put(tenant, tenant_before.schema);  // the steps before the refused one go, too
    tenant = tenant_before;
    dirty_ = dirty_before;
    return done;
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", name);
  write_state(out, schema.find(std::string_view(name)));
  out.key("applied");
  write_steps(out, steps);
  out.end_object();
  if (!steps.empty()) store_schema(tenant, std::move(schema), group);
  call.answer = Answer(std::move(text));
  return Done{};
}

Verdict Committer::run_steps(Tenant& tenant, TenantSchema& schema, const std::string& name,
                             const std::vector<Step>& steps, Group& group) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const std::string pointer = "/steps/" + std::to_string(i);
    Collection* collection = schema.find(std::string_view(name));
    if (step.op == Step::Op::create_collection) {
      if (collection != nullptr)
        return problem_at(Code::conflict, "already_exists", pointer, "collection \"" + name + "\" exists already");
      if (schema.collections.size() >= max_collections) {
        return problem_at(Code::exhausted, "too_many_collections", pointer,
                          "a tenant has at most 4,000 collections: drop one first");
      }
      Collection fresh;
      fresh.name = name;
      fresh.number = schema.next_collection++;
      schema.add(std::move(fresh));
      continue;
    }
    if (collection == nullptr) return no_such_collection(name, pointer);
    if (step.op == Step::Op::drop_collection) {
      for (const Space space : {Space::document, Space::index}) {
        const std::string prefix = key_of(space, schema.tenant, collection->number);
        group.remove_range(prefix, after_prefix(prefix));
      }
      group.remove(key_of(Space::counter, schema.tenant, collection->number));
      tenant.bytes -= tenant.counters[collection->number].bytes;
      tenant.documents -= tenant.counters[collection->number].documents;
      tenant.counters.erase(collection->number);
      dirty_.erase({&tenant, collection->number});
      std::erase_if(schema.collections, [&](const Collection& c) { return c.name == name; });
      continue;
    }
    const Index* have = collection->find(step.index.name);
    if (step.op == Step::Op::drop_index) {
      if (have == nullptr) {
        return problem_at(Code::not_found, "unknown_index", pointer,
                          "collection \"" + name + "\" has no index \"" + step.index.name + "\"");
      }
      const std::string prefix = index_prefix(schema.tenant, collection->number, have->number);
      group.remove_range(prefix, after_prefix(prefix));
      std::erase_if(collection->indexes, [&](const Index& index) { return index.name == step.index.name; });
      continue;
    }
    if (have != nullptr) {
      return problem_at(Code::conflict, "already_exists", pointer,
                        "collection \"" + name + "\" has an index \"" + step.index.name + "\" already: drop it first");
    }
    if (collection->indexes.size() >= max_indexes) {
      return problem_at(Code::exhausted, "too_many_indexes", pointer, "a collection has at most 64 indexes");
    }
    Index fresh = step.index;
    fresh.number = collection->next_index++;
    fresh.progress.clear();
    fresh.failure.clear();
    fresh.offenders = 0;
    fresh.state = tenant.counters[collection->number].documents == 0 ? IndexState::ready : IndexState::building;
    collection->indexes.push_back(std::move(fresh));
  }
  return Done{};
}

}  // namespace socle::storage
