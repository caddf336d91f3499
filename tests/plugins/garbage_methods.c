/* Its method table points to nowhere. */
#define DESCRIPTOR_METHODS ((const socle_method*)(uintptr_t)4096)
#include "fixture.h"
