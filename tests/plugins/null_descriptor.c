/* Has no descriptor to give. */
#define OWN_ENTRY
#include "fixture.h"

const socle_plugin* socle_plugin_entry(void) { return 0; }
