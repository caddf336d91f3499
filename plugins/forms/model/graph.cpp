// graph.cpp: the order in which a form's logic runs: a field's value after everything it reads. A cycle is told with
// the fields on it.
#include <algorithm>

#include "model/body.hpp"

namespace socle::forms {
namespace {

constexpr std::uint32_t none = Field::none;

class Graph {
 public:
  Graph(Form::Body& body, Diagnostics& diagnostics) : body_(body), diagnostics_(diagnostics) {}

  void run() {
    nodes();
    edges();
    mark_.assign(all_.size(), Mark::fresh);
    for (std::uint32_t i = 0; i < all_.size(); ++i) visit(i);
    if (diagnostics_.failed()) return;
    store();
  }

 private:
  enum class Mark : std::uint8_t { fresh, open, done };
  struct Entry {
    Node node;
    std::vector<std::uint32_t> needs;
  };

  const Expression* expression_of(const Node& node) const {
    const auto& logic = body_.logic[node.logic];
    const auto of = [](const std::optional<Expression>& one) { return one ? &*one : nullptr; };
    switch (node.kind) {
      case Node::Kind::visible: return of(logic.visible);
      case Node::Kind::read_only: return of(logic.read_only);
      case Node::Kind::value: return logic.compute ? of(logic.compute) : of(logic.fallback);
      case Node::Kind::required: return of(logic.required);
      case Node::Kind::options: return of(logic.options);
    }
    return nullptr;
  }

  void nodes() {
    value_of_.assign(body_.fields.size(), none);
    for (std::uint32_t i = 0; i < body_.logic.size(); ++i) {
      const auto& logic = body_.logic[i];
      const auto& field = body_.fields[logic.field];
      std::uint32_t visible = none, read_only = none;
      if (logic.visible) visible = add({Node::Kind::visible, i});
      if (logic.read_only) read_only = add({Node::Kind::read_only, i});
      const bool valued = logic.compute || logic.fallback || logic.sequence || logic.read_only ||
                          logic.always_read_only || logic.clear_on_hide || field.fallback.exists();
      if (valued) {
        const auto value = add({Node::Kind::value, i});
        value_of_[logic.field] = value;
        if (read_only != none) all_[value].needs.push_back(read_only);
        if (visible != none && logic.clear_on_hide) all_[value].needs.push_back(visible);
        body_.changes_records = true;
      }
      if (logic.required) add({Node::Kind::required, i});
      if (logic.options) add({Node::Kind::options, i});
    }
  }
  std::uint32_t add(Node node) {
    all_.push_back({node, {}});
    return static_cast<std::uint32_t>(all_.size() - 1);
  }

  void below(std::uint32_t field, std::vector<std::uint32_t>& out) const {
    for (const auto child : body_.fields[field].children) {
      if (value_of_[child] != none) out.push_back(value_of_[child]);
      below(child, out);
    }
  }
  void edges() {
    for (auto& entry : all_) {
      const auto* expression = expression_of(entry.node);
      if (expression == nullptr) continue;
      for (const auto read : expression->reads) {
        for (auto at = read; at != none; at = body_.fields[at].parent)
          if (value_of_[at] != none) entry.needs.push_back(value_of_[at]);
        below(read, entry.needs);
      }
      std::sort(entry.needs.begin(), entry.needs.end());
      entry.needs.erase(std::unique(entry.needs.begin(), entry.needs.end()), entry.needs.end());
    }
  }

  // Depth first with an own stack: a chain of fields may be as long as the form.
  void visit(std::uint32_t start) {
    struct Step {
      std::uint32_t node;
      std::size_t next;
    };
    if (mark_[start] != Mark::fresh) return;
    std::vector<Step> stack{{start, 0}};
    mark_[start] = Mark::open;
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == all_[node].needs.size()) {
        mark_[node] = Mark::done;
        sorted_.push_back(node);
        stack.pop_back();
        continue;
      }
      const auto need = all_[node].needs[next++];
      if (mark_[need] == Mark::fresh) {
        mark_[need] = Mark::open;
        stack.push_back({need, 0});
      } else if (mark_[need] == Mark::open) {
        std::vector<std::uint32_t> loop;
        for (auto i = stack.size(); i-- > 0;) {
          loop.push_back(stack[i].node);
          if (stack[i].node == need) break;
        }
        tell(loop);
      }
    }
  }

  void tell(const std::vector<std::uint32_t>& loop) {
    std::string text;
    const std::string* last = nullptr;
    for (auto at = loop.rbegin(); at != loop.rend(); ++at) {
      const auto& path = body_.fields[body_.logic[all_[*at].node.logic].field].path;
      if (last != nullptr && *last == path) continue;
      text += (text.empty() ? "" : " needs ") + path;
      last = &path;
    }
    const auto& node = all_[loop.back()].node;
    const auto& field = body_.fields[body_.logic[node.logic].field];
    const auto* expression = expression_of(node);
    diagnostics_.error(expression != nullptr ? expression->pointer : forms::below("/logic", field.path), "cycle",
                       text + " needs " + field.path +
                           ": no order can satisfy this; break the circle, or read the stored value through 'old'");
  }

  void store() {
    std::vector<std::uint32_t> position(all_.size());
    for (std::uint32_t i = 0; i < sorted_.size(); ++i) position[sorted_[i]] = i;
    body_.after.resize(sorted_.size());
    body_.readers.resize(body_.fields.size());
    for (const auto old : sorted_) {
      const auto& entry = all_[old];
      const auto at = static_cast<std::uint32_t>(body_.order.size());
      body_.order.push_back(entry.node);
      for (const auto need : entry.needs) body_.after[position[need]].push_back(at);
      // A field's own value node looks at what was given for it.
      if (entry.node.kind == Node::Kind::value) reader(body_.logic[entry.node.logic].field, at);
      const auto* expression = expression_of(entry.node);
      if (expression != nullptr)
        for (const auto read : expression->reads) {
          reader(read, at);
          if (body_.fields[read].table == none) body_.reads.push_back(read);
        }
    }
    for (const auto& check : body_.checks)
      body_.reads.insert(body_.reads.end(), check.when.reads.begin(), check.when.reads.end());
    for (const auto& logic : body_.logic)
      for (const auto& validator : logic.validators)
        if (validator.when)
          for (const auto read : validator.when->reads)
            if (body_.fields[read].table == none) body_.reads.push_back(read);
    std::sort(body_.reads.begin(), body_.reads.end());
    body_.reads.erase(std::unique(body_.reads.begin(), body_.reads.end()), body_.reads.end());
    body_.changes_below.assign(body_.fields.size(), false);
    for (std::uint32_t i = 0; i < body_.fields.size(); ++i) {
      if (value_of_[i] == none) continue;
      for (auto at = body_.fields[i].parent; at != none; at = body_.fields[at].parent) body_.changes_below[at] = true;
    }
    for (auto& list : body_.readers) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  }
  // Who reads a field reads its parts, and a part of its wholes.
  void reader(std::uint32_t field, std::uint32_t node) {
    for (auto at = body_.fields[field].parent; at != none; at = body_.fields[at].parent)
      body_.readers[at].push_back(node);
    parts(field, node);
  }
  void parts(std::uint32_t field, std::uint32_t node) {
    body_.readers[field].push_back(node);
    for (const auto child : body_.fields[field].children) parts(child, node);
  }

  Form::Body& body_;
  Diagnostics& diagnostics_;
  std::vector<Entry> all_;
  std::vector<std::uint32_t> value_of_;  // by field
  std::vector<Mark> mark_;
  std::vector<std::uint32_t> sorted_;
};

}  // namespace

void compile_graph(Form::Body& body, Diagnostics& diagnostics) { Graph(body, diagnostics).run(); }

}  // namespace socle::forms
