// entry.cpp: the one symbol that the gateway's shared library exports, and its ABI note.
#include "plugin.hpp"

SOCLE_ABI_NOTE;

extern "C" __attribute__((visibility("default"))) const socle_plugin* socle_plugin_entry() {
  return socle::gateway::plugin_descriptor();
}
