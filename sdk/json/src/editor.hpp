// editor.hpp: a document that can be changed, for patch. Only what lies on a changed path is taken apart; everything
// else stays a view into the documents it came from, so they must outlive the editor. Internal; one thread.
//
// Every step is charged to a budget of work, so that no patch, however it is made, takes long or grows without bound.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/builder.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::json {

class Editor {
 public:
  struct Node {
    View view;          // what it is, as long as `open` is false
    bool open = false;  // taken apart: `kind` and `nodes` count, `names` too for an object
    Kind kind = Kind::absent;
    std::vector<Node> nodes;
    std::vector<std::string_view> names;  // one a node; into a document or the editor's own store
  };

  Editor(View document, std::size_t max_work) : work_left_(max_work) { root_.view = document; }

  // Each answers Code::conflict when the path does not fit the document and too_large when the budget is used up. The
  // editor is then to be thrown away.
  Status add(const Pointer& path, Node value);
  Status replace(const Pointer& path, Node value);
  Result<Node> remove(const Pointer& path);
  Result<Node> copy(const Pointer& path);
  // Is the value there equal to `value`?
  Result<bool> equals(const Pointer& path, View value);

  Result<Document> finish();

  static Node leaf(View view) {
    Node node;
    node.view = view;
    return node;
  }

 private:
  Result<Node*> walk(const Pointer& path, std::size_t steps);
  Result<Node*> child(Node& parent, const Pointer& path, std::size_t step);
  Status open(Node& node);
  Status charge(std::size_t work);
  Status charge_value(const Node& node, std::size_t depth);
  Status charge_view(View view, std::size_t depth);
  static std::size_t find(const Node& object, std::string_view name);
  static void build(Builder& builder, const Node& node);

  Node root_;
  std::deque<std::string> names_;  // of members added by a patch
  std::size_t work_left_;
};

}  // namespace socle::json
