// cell/link/link.hpp: a cell as the bus and the lifecycle see it: a plugin descriptor like any library's, whose entries
// write into rings. create() starts the process, handle() passes calls and hooks on and answers PENDING, destroy() ends
// it. Methods are numbered by the manifest, so nothing in the descriptor comes from the cell.
#pragma once

#include <memory>
#include <vector>

#include "cell/link/cell.hpp"

namespace socle::cell {

class Link {
 public:
  // `generation` must outlive it, and be attached to descriptor(). spec.text.methods are its methods.
  Link(bus::Bus& bus, bus::Generation& generation, CellSpec spec);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] const socle_plugin& descriptor() const { return descriptor_; }
  // For create(), which knows no instance yet.
  [[nodiscard]] static Link* of(const bus::Generation& generation);
  // Takes a cell that will not stop out of the way: kills it and answers its calls.
  void kill();
  [[nodiscard]] std::vector<CellFacts> facts() const;

 private:
  static socle_status create(const socle_host* host, socle_payload* config, void** instance, socle_reply* error);
  static void destroy(void* instance);
  static socle_status handle(void* instance, const socle_call* call, socle_reply* reply);
  static void given_up(bus::Generation& generation, std::uint64_t token);
  socle_status handle_staged(const socle_call& call);

  bus::Bus& bus_;
  bus::Generation& generation_;
  std::shared_ptr<const CellSpec> spec_;
  std::vector<socle_method> methods_;
  socle_plugin descriptor_{};
  std::shared_ptr<Cell> cell_;
};

}  // namespace socle::cell
