// graph.cpp: see the header.
#include "jdm/graph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "table/codes.hpp"

namespace socle::rules::jdm {
namespace {

constexpr std::size_t most_nodes = 150;

std::string variable_of(const std::string& name, std::size_t index, std::set<std::string>& taken) {
  std::string out = "n_";
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += plain ? c : '_';
    if (out.size() >= 40) break;
  }
  if (!taken.insert(out).second) {
    out += "_" + std::to_string(index);
    taken.insert(out);
  }
  return out;
}

}  // namespace

std::optional<Graph> read_graph(json::View source, Diagnostics& diagnostics) {
  Graph out;
  const auto nodes = source.find("nodes");
  const auto edges = source.find("edges");
  if (!nodes.is_array() || !edges.is_array()) {
    diagnostics.error("", codes::import_syntax, "a JDM graph is an object with the lists 'nodes' and 'edges'");
    return std::nullopt;
  }
  if (nodes.size() > most_nodes || edges.size() > most_nodes * 8) {
    diagnostics.error("/nodes", codes::too_large,
                      "a graph of at most 150 nodes can be imported; found " + std::to_string(nodes.size()));
    return std::nullopt;
  }
  std::map<std::string, std::size_t> known;
  std::set<std::string> taken;
  std::size_t inputs = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto view = nodes.at(i);
    Node node;
    node.view = view;
    node.pointer = "/nodes/" + std::to_string(i);
    node.type = view.find("type").as_string();
    node.name = view.find("name").as_string();
    node.variable = variable_of(node.name, i, taken);
    inputs += node.type == "inputNode" ? 1 : 0;
    if (!known.emplace(view.find("id").as_string(), i).second)
      diagnostics.error(node.pointer + "/id", codes::import_syntax,
                        "two nodes have the id '" + std::string(view.find("id").as_string()) + "'");
    out.nodes.push_back(std::move(node));
  }
  if (inputs != 1)
    diagnostics.error("/nodes", codes::import_syntax, "a graph has one input node; found " + std::to_string(inputs));
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto from = known.find(std::string(edges.at(i).find("sourceId").as_string()));
    const auto to = known.find(std::string(edges.at(i).find("targetId").as_string()));
    if (from == known.end() || to == known.end()) {
      diagnostics.error("/edges/" + std::to_string(i), codes::import_syntax,
                        "the edge leads from or to a node that does not exist");
      continue;
    }
    out.nodes[from->second].out.push_back(out.edges.size());
    out.nodes[to->second].in.push_back(out.edges.size());
    out.edges.push_back({from->second, to->second, std::string(edges.at(i).find("sourceHandle").as_string())});
  }
  if (diagnostics.failed()) return std::nullopt;

  // What the input reaches; a node that waits for something it does not reach still runs, as if that were not there.
  std::vector<bool> reached(out.nodes.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < out.nodes.size(); ++i)
    if (out.nodes[i].type == "inputNode") open.push_back(i);
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    if (reached[at]) continue;
    reached[at] = true;
    for (const auto edge : out.nodes[at].out) open.push_back(out.edges[edge].target);
  }
  std::vector<bool> done(out.nodes.size());
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < out.nodes.size(); ++i) {
      if (done[i] || !reached[i]) continue;
      const auto& in = out.nodes[i].in;
      const bool ready = std::all_of(in.begin(), in.end(), [&](std::size_t edge) {
        return done[out.edges[edge].source] || !reached[out.edges[edge].source];
      });
      if (!ready) continue;
      done[i] = moved = true;
      out.order.push_back(i);
    }
  }
  for (std::size_t i = 0; i < out.nodes.size(); ++i)
    if (reached[i] && !done[i]) {
      diagnostics.error(out.nodes[i].pointer, codes::step_cycle,
                        "node '" + out.nodes[i].name + "' is part of a circle");
      return std::nullopt;
    }
  return out;
}

}  // namespace socle::rules::jdm
