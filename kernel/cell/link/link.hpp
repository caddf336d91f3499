// cell/link/link.hpp: the cells of a generation as the bus and the lifecycle see them: a plugin descriptor like any
// library's, whose entries write into rings. create() starts the process, handle() passes calls and hooks on and
// answers PENDING, destroy() ends it. Methods are numbered by the manifest, so nothing in the descriptor comes from the
// cell.
#pragma once

#include <memory>
#include <vector>

#include "cell/link/cells.hpp"

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
  // A tenant is going: its own cell, if it has one, ends. Not on a worker.
  Status expel(std::string_view tenant) { return cells_.expel(tenant); }
  [[nodiscard]] const CellSpec& spec() const { return *spec_; }
  // The common one first.
  [[nodiscard]] std::vector<CellFacts> facts() const;

 private:
  static socle_status create(const socle_host* host, socle_payload* config, void** instance, socle_reply* error);
  static void destroy(void* instance);
  static socle_status handle(void* instance, const socle_call* call, socle_reply* reply);
  static void given_up(bus::Generation& generation, std::uint64_t token);
  socle_status handle_staged(const socle_call& call, socle_reply* reply);
  socle_status no_room(socle_reply* reply) const;

  bus::Bus& bus_;
  bus::Generation& generation_;
  std::shared_ptr<const CellSpec> spec_;
  std::vector<socle_method> methods_;
  socle_plugin descriptor_{};
  Cells cells_;
};

}  // namespace socle::cell
