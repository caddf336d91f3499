/* Needs a shared library that the system manifest does not name. */
int socle_private_answer(void);

#define IN_START
#define FAULT \
  if (socle_private_answer() != 42) return SOCLE_INTERNAL;
#include "fixture.h"
