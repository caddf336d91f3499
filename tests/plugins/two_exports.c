/* Built without the version script, so that its helper is exported too. */
#include "fixture.h"

int helper_for_others(void);
int helper_for_others(void) { return 1; }
