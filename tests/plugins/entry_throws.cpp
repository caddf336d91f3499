// Throws out of the entry.
#define OWN_ENTRY
#include "fixture.h"

const socle_plugin* socle_plugin_entry(void) { throw 1; }
