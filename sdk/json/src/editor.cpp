#include "src/editor.hpp"

#include <algorithm>
#include <utility>

#include "socle/json/compare.hpp"
#include "src/article.hpp"

namespace socle::json {
namespace {

Error conflict(const Pointer& path, std::size_t steps, std::string_view reason) {
  Pointer reached = path;
  while (reached.tokens().size() > steps) reached.pop();
  std::string where = reached.text();
  if (where.size() > 200) where = where.substr(0, 200) + "…";
  return Error{Code::conflict, "at '" + where + "' " + std::string(reason)};
}

Kind kind_of(const Editor::Node& node) { return node.open ? node.kind : node.view.kind(); }

// An index that may be inserted at: one past the end too, also written "-".
std::size_t insert_index(std::string_view token, std::size_t size) {
  const std::size_t index = token == "-" ? size : array_index(token);
  return index <= size ? index : View::none;
}

}  // namespace

Status Editor::charge(std::size_t work) {
  if (work > work_left_)
    return Error{Code::too_large, "the patch needs more work than is allowed; split it, or replace whole values"};
  work_left_ -= work;
  return {};
}

// Pays for every value of the subtree and refuses what would end up deeper than any document may be.
Status Editor::charge_view(View view, std::size_t depth) {
  if (auto r = charge(1 + view.as_string().size() / 64); !r) return r;
  if (!view.is_array() && !view.is_object()) return {};
  if (depth >= layout::max_depth)
    return Error{Code::too_large, "nested deeper than " + std::to_string(layout::max_depth) + " levels"};
  for (View element : view.elements())
    if (auto r = charge_view(element, depth + 1); !r) return r;
  for (auto [key, member] : view.members())
    if (auto r = charge_view(member, depth + 1); !r) return r;
  return {};
}

Status Editor::charge_value(const Node& node, std::size_t depth) {
  if (!node.open) return charge_view(node.view, depth);
  if (auto r = charge(1); !r) return r;
  if (depth >= layout::max_depth)
    return Error{Code::too_large, "nested deeper than " + std::to_string(layout::max_depth) + " levels"};
  for (const auto& inner : node.nodes)
    if (auto r = charge_value(inner, depth + 1); !r) return r;
  return {};
}

Status Editor::open(Node& node) {
  if (node.open) return {};
  const View view = node.view;
  if (auto r = charge(view.size()); !r) return r;
  node.open = true;
  node.kind = view.kind();
  node.nodes.reserve(view.size() + 1);
  for (View element : view.elements()) node.nodes.push_back(leaf(element));
  for (auto [key, member] : view.members()) {
    node.names.push_back(key);
    node.nodes.push_back(leaf(member));
  }
  return {};
}

std::size_t Editor::find(const Node& object, std::string_view name) {
  const auto at = std::find(object.names.begin(), object.names.end(), name);
  return at == object.names.end() ? View::none : static_cast<std::size_t>(at - object.names.begin());
}

// The value that token `step` of the path leads to from its parent, which is taken apart.
Result<Editor::Node*> Editor::child(Node& parent, const Pointer& path, std::size_t step) {
  const std::string& token = path.tokens()[step];
  const Kind kind = kind_of(parent);
  if (kind != Kind::array && kind != Kind::object)
    return conflict(path, step, "there is " + with_article(kind) + ", which has nothing inside");
  if (auto r = open(parent); !r) return std::move(r).error();
  if (auto r = charge(kind == Kind::object ? 1 + parent.nodes.size() / 16 : 1); !r) return std::move(r).error();
  const std::size_t i = kind == Kind::object ? find(parent, token) : array_index(token);
  if (i >= parent.nodes.size())
    return conflict(path, step + 1,
                    kind == Kind::object
                        ? "there is no such member"
                        : "there is no such element, the array has " + std::to_string(parent.nodes.size()));
  return &parent.nodes[i];
}

Result<Editor::Node*> Editor::walk(const Pointer& path, std::size_t steps) {
  Node* node = &root_;
  for (std::size_t step = 0; step < steps; ++step) {
    auto next = child(*node, path, step);
    if (!next) return next;
    node = *next;
  }
  return node;
}

Status Editor::add(const Pointer& path, Node value) {
  const std::size_t depth = path.tokens().size();
  if (auto r = charge_value(value, depth); !r) return r;
  if (depth == 0) {
    root_ = std::move(value);
    return {};
  }
  auto parent = walk(path, depth - 1);
  if (!parent) return std::move(parent).error();
  Node& into = **parent;
  const Kind kind = kind_of(into);
  if (kind != Kind::array && kind != Kind::object)
    return conflict(path, depth - 1, "there is " + with_article(kind) + ", nothing can be added to it");
  if (auto r = open(into); !r) return r;
  if (auto r = charge(1 + into.nodes.size() / 16); !r) return r;
  const std::string& token = path.tokens().back();
  if (kind == Kind::object) {
    if (const std::size_t i = find(into, token); i != View::none) {
      into.nodes[i] = std::move(value);
    } else {
      into.names.push_back(names_.emplace_back(token));
      into.nodes.push_back(std::move(value));
    }
    return {};
  }
  const std::size_t i = insert_index(token, into.nodes.size());
  if (i == View::none)
    return conflict(path, depth,
                    "nothing can be inserted, the array has " + std::to_string(into.nodes.size()) +
                        " elements; use an index up to that number, or -");
  into.nodes.insert(into.nodes.begin() + static_cast<std::ptrdiff_t>(i), std::move(value));
  return {};
}

Status Editor::replace(const Pointer& path, Node value) {
  if (auto r = charge_value(value, path.tokens().size()); !r) return r;
  auto place = walk(path, path.tokens().size());
  if (!place) return std::move(place).error();
  **place = std::move(value);
  return {};
}

Result<Editor::Node> Editor::remove(const Pointer& path) {
  const std::size_t depth = path.tokens().size();
  if (depth == 0) return conflict(path, 0, "is the whole document, which cannot be removed; replace it");
  auto place = walk(path, depth);
  if (!place) return std::move(place).error();
  Node taken = std::move(**place);
  auto parent = walk(path, depth - 1);
  if (!parent) return std::move(parent).error();
  Node& from = **parent;
  const auto at = *place - from.nodes.data();
  if (auto r = charge(from.nodes.size() / 16); !r) return std::move(r).error();
  from.nodes.erase(from.nodes.begin() + at);
  if (from.kind == Kind::object) from.names.erase(from.names.begin() + at);
  return taken;
}

Result<Editor::Node> Editor::copy(const Pointer& path) {
  auto place = walk(path, path.tokens().size());
  if (!place) return std::move(place).error();
  // Paid before the copy is made; add() pays again for where it goes.
  if (auto r = charge_value(**place, 0); !r) return std::move(r).error();
  return **place;
}

Result<bool> Editor::equals(const Pointer& path, View value) {
  auto place = walk(path, path.tokens().size());
  if (!place) return std::move(place).error();
  if (auto r = charge_view(value, 0); !r) return std::move(r).error();
  if (!(*place)->open) return equal((*place)->view, value);
  if (auto r = charge_value(**place, 0); !r) return std::move(r).error();
  Builder builder;
  build(builder, **place);
  auto built = builder.finish();
  if (!built) return std::move(built).error();
  return equal(built->root(), value);
}

void Editor::build(Builder& builder, const Node& node) {
  if (!node.open) {
    builder.value(node.view);
  } else if (node.kind == Kind::array) {
    builder.begin_array();
    for (const auto& inner : node.nodes) build(builder, inner);
    builder.end_array();
  } else {
    builder.begin_object();
    for (std::size_t i = 0; i < node.nodes.size(); ++i) {
      builder.key(node.names[i]);
      build(builder, node.nodes[i]);
    }
    builder.end_object();
  }
}

Result<Document> Editor::finish() {
  Builder builder;
  build(builder, root_);
  return builder.finish();
}

}  // namespace socle::json
