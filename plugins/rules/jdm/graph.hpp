// graph.hpp: the nodes and edges of a JDM graph, in an order in which they can run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "socle/json/view.hpp"
#include "table/diagnostic.hpp"

namespace socle::rules::jdm {

struct Edge {
  std::size_t source = 0;
  std::size_t target = 0;
  std::string handle;  // the switch statement it leaves from; empty: none
};

struct Node {
  json::View view;
  std::string pointer;
  std::string type;
  std::string name;
  std::string variable;         // the steps' prefix
  std::vector<std::size_t> in;  // edges
  std::vector<std::size_t> out;
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::vector<std::size_t> order;  // nodes reachable from the input, each after those that lead to it
};

[[nodiscard]] std::optional<Graph> read_graph(json::View source, Diagnostics& diagnostics);

}  // namespace socle::rules::jdm
