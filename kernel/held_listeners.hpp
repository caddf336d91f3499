// held_listeners.hpp: the listening sockets that outlive a kernel: bound by the supervisor before its first child,
// inherited by each.
#pragma once

#include <map>
#include <string>

#include "base/file.hpp"
#include "bus/acceptor.hpp"
#include "manifest/system_manifest.hpp"
#include "socle/result.hpp"

namespace socle {

struct HeldListener {
  manifest::Address address;  // as the manifest gave it
  base::Fd fd;
};
using HeldListeners = std::map<std::string, HeldListener>;

// Binds all listeners of the manifest, or none. Error: the address that could not be had, and why.
Result<HeldListeners> hold_listeners(const manifest::SystemManifest& system);

// Gives the kernel's acceptor its listeners: those held, and, bound anew and this kernel's alone, those that have come
// into the manifest since. In the child only: `held` is empty afterwards.
Status open_listeners(bus::Acceptor& acceptor, const manifest::SystemManifest& system, HeldListeners& held);

}  // namespace socle
