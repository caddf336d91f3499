/* Answers PENDING and never completes. */
#define FAULT return SOCLE_PENDING;
#include "fixture.h"
