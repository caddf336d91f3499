/* Gives a pointer to nowhere. */
#define OWN_ENTRY
#include "fixture.h"

const socle_plugin* socle_plugin_entry(void) { return (const socle_plugin*)(uintptr_t)4096; }
