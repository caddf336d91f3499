/* Answers an error. */
#define FAULT return SOCLE_CONFLICT;
#include "fixture.h"
