#include "held_listeners.hpp"

namespace socle {
namespace {

bus::ListenerSpec spec_of(const std::string& name, const manifest::Listener& listener) {
  return {name, listener.address.host, listener.address.port, listener.connections, listener.connections_per_peer};
}

}  // namespace

Result<HeldListeners> hold_listeners(const manifest::SystemManifest& system) {
  HeldListeners held;
  for (const auto& [name, listener] : system.listeners) {
    auto fd = bus::Acceptor::bind(spec_of(name, listener));
    if (!fd) return std::move(fd).error();
    held.emplace(name, HeldListener{listener.address, base::Fd(*fd)});
  }
  return held;
}

Status open_listeners(bus::Acceptor& acceptor, const manifest::SystemManifest& system, HeldListeners& held) {
  for (const auto& [name, listener] : system.listeners) {
    const auto it = held.find(name);
    if (it != held.end() && it->second.address == listener.address) {
      acceptor.open(spec_of(name, listener), it->second.fd.release());
      continue;
    }
    auto fd = bus::Acceptor::bind(spec_of(name, listener));
    if (!fd) return std::move(fd).error();
    acceptor.open(spec_of(name, listener), *fd);
  }
  held.clear();
  return {};
}

}  // namespace socle
